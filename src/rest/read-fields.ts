import { DomainError, type FieldProblem } from '../errors.ts';
import type { RequestBody } from '../http/request.ts';
import { numberText } from '../lib/exact-json.ts';
import { preview } from '../lib/problems.ts';
import { pairsOf, type RawInput } from './read-input.ts';

export const fieldTypes = ['application/x-www-form-urlencoded', 'application/json'] as const;

/**
 * The parameters in a body: a form, or a JSON object whose numbers and booleans stand for their text; null counts as
 * absent. Throws UNSUPPORTED_MEDIA_TYPE when the body is neither, BAD_REQUEST when it is malformed, LIMIT_EXCEEDED when it is too deep or has too many values.
 */
export const readFields = async (body: RequestBody): Promise<RawInput[]> => {
  const text = await body.text();
  // Many clients send a content type although they send no body.
  if (text.trim() === '') return [];
  if (body.mediaType === fieldTypes[0]) return pairsOf(text);
  if (body.mediaType === fieldTypes[1]) return Object.entries(objectIn(text, body)).flatMap(inputOf);
  throw wrongMediaType(body, fieldTypes);
};

/** The error for a body of a type that the route does not accept. */
export const wrongMediaType = ({ mediaType }: RequestBody, expected: readonly string[]): DomainError =>
  new DomainError(
    'UNSUPPORTED_MEDIA_TYPE',
    `the body must be sent with content-type ${expected.join(' or ')}, not ${mediaType === '' ? 'without one' : preview(mediaType)}`,
  );

/** Throws BAD_REQUEST when the text is not one JSON object. */
const objectIn = (text: string, body: RequestBody): object => {
  let value: unknown;
  try {
    value = body.parseJson(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DomainError('BAD_REQUEST', `the body is not valid JSON: ${error.message}`);
  }
  if (text.trimStart().startsWith('{')) return value as object;
  throw new DomainError('BAD_REQUEST', `the body must be a JSON object, not ${preview(value)}`);
};

const inputOf = ([name, value]: [string, unknown]): RawInput[] => {
  if (value === null) return [];
  const text = typeof value === 'string' || typeof value === 'boolean' ? String(value) : numberText(value);
  if (text !== null) return [{ name, text }];
  const problem: FieldProblem = {
    path: name,
    code: 'WRONG_TYPE',
    message: `${name} must be text, a number or a boolean, not ${preview(value)}`,
  };
  return [{ name, problem }];
};
