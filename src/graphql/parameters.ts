import { DomainError } from '../errors.ts';
import { checkJsonSize, type InputLimits } from '../http/limited-json.ts';
import { parseExactJson } from '../lib/exact-json.ts';
import { preview } from '../lib/problems.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** The parameters of a GraphQL request, null for each one that it does not have. Numbers that a double cannot hold are ExactNumbers. */
export interface RequestParameters {
  /** The text of the document. */
  readonly query: string | null;
  /** The id of a trusted document, instead of a text. */
  readonly documentId: string | null;
  readonly operationName: string | null;
  readonly variables: JsonObject | null;
  readonly extensions: JsonObject | null;
}

const names = ['query', 'documentId', 'operationName', 'variables', 'extensions'] as const;
type Name = (typeof names)[number];

const isName = (name: string): name is Name => (names as readonly string[]).includes(name);

const badRequest = (message: string): DomainError => new DomainError('BAD_REQUEST', message);

const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws BAD_REQUEST when a value is no request, has a parameter of another type or one that does not exist. */
export const parametersOf = (value: unknown): RequestParameters => {
  if (Array.isArray(value)) throw badRequest('a request is one JSON object: batches of operations are not supported');
  if (!isJsonObject(value)) throw badRequest(`a request must be a JSON object with query, not ${preview(value)}`);
  for (const name of Object.keys(value)) if (!isName(name) && value[name] !== null) throw unknownParameter(name);
  const { query, documentId, operationName, variables, extensions } = value;
  return {
    query: textOf('query', query),
    documentId: textOf('documentId', documentId),
    operationName: textOf('operationName', operationName),
    variables: objectOf('variables', variables),
    extensions: objectOf('extensions', extensions),
  };
};

/** Reads the JSON text of a request. Throws BAD_REQUEST and LIMIT_EXCEEDED. */
export const parametersOfJson = (text: string, limits: InputLimits): RequestParameters =>
  parametersOf(jsonOf('the body', text, limits));

/**
 * Reads parameters in the form of a query (`application/x-www-form-urlencoded`), where variables and extensions are JSON
 * text. Throws BAD_REQUEST and LIMIT_EXCEEDED.
 */
export const parametersOfForm = (form: string, limits: InputLimits): RequestParameters => {
  const texts: Partial<Record<Name, string>> = {};
  for (const [name, value] of new URLSearchParams(wellEncoded(form))) {
    // Addresses also have parameters that are not for this server: of caches, of trackers, of GraphiQL.
    if (!isName(name)) continue;
    if (texts[name] !== undefined) throw badRequest(`${name} is given more than once`);
    texts[name] = value;
  }
  const json = (name: Name): unknown => (texts[name] ? jsonOf(name, texts[name], limits) : null);
  return {
    query: texts.query || null,
    documentId: texts.documentId || null,
    operationName: texts.operationName || null,
    variables: objectOf('variables', json('variables')),
    extensions: objectOf('extensions', json('extensions')),
  };
};

/** URLSearchParams replaces what is not UTF-8, so that different values become equal. */
const wellEncoded = (form: string): string => {
  try {
    decodeURIComponent(form);
    return form;
  } catch {
    throw badRequest('the parameters are not percent-encoded UTF-8');
  }
};

/** Parses JSON and keeps all digits of numbers. Throws BAD_REQUEST, and LIMIT_EXCEEDED before it is parsed. */
export const jsonOf = (what: string, text: string, limits: InputLimits): unknown => {
  // RFC 8259, section 8.1: a parser may ignore a byte order mark.
  const json = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (json.trim() === '') throw badRequest(`${what} is empty`);
  checkJsonSize(what, json, limits);
  try {
    return parseExactJson(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`${what} is not valid JSON: ${error.message}`);
  }
};

const unknownParameter = (name: string): DomainError =>
  badRequest(`there is no parameter ${preview(name)}; there are ${names.join(', ')}`);

const textOf = (name: Name, value: unknown): string | null => {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return null;
  throw badRequest(`${name} must be text, not ${preview(value)}`);
};

const objectOf = (name: Name, value: unknown): JsonObject | null => {
  if (value === undefined || value === null) return null;
  if (isJsonObject(value)) return value;
  throw badRequest(`${name} must be a JSON object, not ${preview(value)}`);
};
