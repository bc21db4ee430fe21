import type { z } from '@hono/zod-openapi';
import { DomainError, type FieldProblem, type ProblemCode } from '../errors.ts';
import type { Address } from '../http/request.ts';

/** Parameters by name, each parsed from its text; an optional parameter also accepts undefined. */
export type Shape = Readonly<Record<string, z.ZodType<unknown, string | undefined>>>;

/** A parameter as the client sent it: its text, or why there is none. */
export type RawInput = { readonly name: string } & (
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: FieldProblem }
);

interface Expected {
  readonly path: string;
  readonly params: Shape;
  readonly query: Shape;
  /** Parameters that may be in the query or in the body. */
  readonly fields: Shape;
  /** The schema of all parameters together. */
  readonly schema: z.ZodObject;
  /** Names of the query that are not in `query` are left to the route. */
  readonly hasDynamicQuery?: true;
  /** Such names become warnings. */
  readonly ignoresUnknownQuery?: true;
}

export interface ReadInput {
  /** What the schema reads. */
  readonly input: object;
  readonly warnings: readonly FieldProblem[];
}

/**
 * Reads the parameters of a request; `body` holds those of its body. Throws BAD_REQUEST with a problem for each
 * one that is missing, malformed, unknown (unless it is ignored), sent twice or not percent-encoded UTF-8 (RFC 3986; in the
 * query `+` is a space, as in forms).
 */
export const readInput = (address: Address, expected: Expected, body: readonly RawInput[] = []): ReadInput => {
  const problems: FieldProblem[] = [];
  const warnings: FieldProblem[] = [];
  const values = new Map<string, string>();
  const addValue = ({ name, text, problem }: RawInput): void => {
    if (problem) problems.push(problem);
    else if ((values.get(name) ?? text) === text) values.set(name, text);
    else problems.push(malformed(name, `${name} is in the query and in the body with different values`));
  };
  const addInputs = (inputs: readonly RawInput[], known: readonly string[], location: Location): void => {
    const named = inputs.map((each) => ({ ...each, name: knownName(each.name, known) }));
    for (const input of new Map(named.map((each) => [each.name, each])).values()) {
      const { name } = input;
      const isKnown = known.includes(name);
      if (!isKnown && location === 'query' && expected.hasDynamicQuery) continue;
      const refused = location === 'query' && expected.ignoresUnknownQuery ? warnings : problems;
      if (!isKnown) refused.push(unknownParameter(name, known, location));
      else if (named.filter((each) => each.name === name).length > 1)
        problems.push(malformed(name, `${name} is given more than once`));
      else addValue(input);
    }
  };
  for (const input of pathParameters(address.pathname, expected.path)) addValue(input);
  const fields = Object.keys(expected.fields);
  addInputs(pairsOf(address.search.slice(1)), [...Object.keys(expected.query), ...fields], 'query');
  addInputs(body, fields, 'body');
  const named = new Set(problems.map(({ path }) => path));
  const { data, error } = expected.schema.safeParse(Object.fromEntries(values));
  problems.push(...(error?.issues ?? []).map(problemOf).filter(({ path }) => !named.has(path)));
  if (problems.length === 0 && data) return { input: data, warnings };
  throw new DomainError('BAD_REQUEST', problems.map(({ message }) => message).join('; '), { problems });
};

/** Names of options may also be written as in GraphQL: `headerLine` is `header_line`. */
const knownName = (name: string, known: readonly string[]): string => {
  const snakeCase = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return !known.includes(name) && known.includes(snakeCase) ? snakeCase : name;
};

const decoded = (raw: string): string | null => {
  try {
    return decodeURIComponent(raw);
  } catch {
    return null;
  }
};

const decodedInput = (name: string, raw: string): RawInput => {
  const text = decoded(raw);
  return text === null ? { name, problem: malformed(name, `${name} is not percent-encoded UTF-8`) } : { name, text };
};

/** Read from the address itself, because a router's decoding leaves malformed text as it is. */
const pathParameters = (pathname: string, template: string): RawInput[] => {
  const raws = pathname.replace(/\/$/, '').split('/');
  const parts = template.split('/');
  return parts.flatMap((part, index) => {
    const [, name] = /^\{(.+)\}$/.exec(part) ?? [];
    // The router decides whether a path may be longer than its template.
    const end = index === parts.length - 1 ? raws.length : index + 1;
    return name === undefined ? [] : [decodedInput(name, raws.slice(index, end).join('/'))];
  });
};

/** The pairs of a query or a form (`application/x-www-form-urlencoded`), in order. */
export const pairsOf = (text: string): RawInput[] =>
  text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const end = pair.includes('=') ? pair.indexOf('=') : pair.length;
      const rawName = pair.slice(0, end).replaceAll('+', ' ');
      return decodedInput(decoded(rawName) ?? rawName, pair.slice(end + 1).replaceAll('+', ' '));
    });

const malformed = (path: string, message: string): FieldProblem => ({ path, code: 'MALFORMED', message });

type Location = 'query' | 'body';

const nameLengthMax = 80;

/** The problem of a name that the query or the body must not have. */
export const unknownParameter = (
  name: string,
  known: readonly string[],
  location: Location = 'query',
): FieldProblem => {
  const path = name.slice(0, nameLengthMax).toWellFormed();
  const others =
    known.length === 0 ? `there are none in the ${location}` : `in the ${location} there are ${known.join(', ')}`;
  return { path, code: 'NOT_ALLOWED', message: `there is no parameter ${JSON.stringify(path)}; ${others}` };
};

export const missingParameter = (path: string): FieldProblem => ({
  path,
  code: 'MISSING',
  message: `${path} is missing`,
});

const problemOf = (issue: z.core.$ZodIssue): FieldProblem => {
  const path = issue.path.join('.');
  // Values are texts, so any issue that is not our own means that the parameter is missing.
  if (issue.code !== 'custom') return missingParameter(path);
  return { path, code: issue.params?.code as ProblemCode, message: issue.message };
};
