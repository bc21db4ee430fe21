import type { z } from '@hono/zod-openapi';
import { DomainError, type FieldProblem, type ProblemCode } from '../errors.ts';

/** Parameters by name, each read from its text; one that may be left out reads undefined, too. */
export type Shape = Readonly<Record<string, z.ZodType<unknown, string | undefined>>>;

/** Where a request is sent to, as it stands in its first line. */
export interface Address {
  readonly pathname: string;
  /** Empty, or with its question mark. */
  readonly search: string;
}

/** A parameter as it was given: its text, or why there is none. */
export type RawInput = { readonly name: string } & (
  | { readonly text: string; readonly problem?: never }
  | { readonly text?: never; readonly problem: FieldProblem }
);

interface Expected<Schema extends z.ZodObject> {
  readonly path: string;
  readonly params: Shape;
  readonly query: Shape;
  /** Those that may come in the query or in the body. */
  readonly fields: Shape;
  /** Of all together. */
  readonly schema: Schema;
}

/**
 * Reads the parameters of a request; `body` are those that came in its body. Throws BAD_REQUEST with a problem for each
 * one that is missing, malformed, unknown, given twice or not percent-encoded UTF-8 (RFC 3986; in the query `+` is a
 * space, as forms write it).
 */
export const readInput = <Schema extends z.ZodObject>(
  address: Address,
  expected: Expected<Schema>,
  body: readonly RawInput[] = [],
): z.output<Schema> => {
  const problems: FieldProblem[] = [];
  const values = new Map<string, string>();
  const take = ({ name, text, problem }: RawInput): void => {
    if (problem) problems.push(problem);
    else if ((values.get(name) ?? text) === text) values.set(name, text);
    else problems.push(malformed(name, `${name} is given in the query and in the body with different values`));
  };
  const takeAll = (given: readonly RawInput[], known: readonly string[], place: Place): void => {
    for (const each of new Map(given.map((one) => [one.name, one])).values()) {
      const { name } = each;
      if (!known.includes(name)) problems.push(unknownParameter(name, known, place));
      else if (given.filter((one) => one.name === name).length > 1)
        problems.push(malformed(name, `${name} is given more than once`));
      else take(each);
    }
  };
  for (const part of partsOf(address.pathname, expected.path)) take(part);
  const fields = Object.keys(expected.fields);
  takeAll(pairsOf(address.search.slice(1)), [...Object.keys(expected.query), ...fields], 'query');
  takeAll(body, fields, 'body');
  const named = new Set(problems.map(({ path }) => path));
  const { data, error } = expected.schema.safeParse(Object.fromEntries(values));
  problems.push(...(error?.issues ?? []).map(problemOf).filter(({ path }) => !named.has(path)));
  if (problems.length === 0 && data) return data;
  throw new DomainError('BAD_REQUEST', problems.map(({ message }) => message).join('; '), { problems });
};

const decoded = (raw: string): string | null => {
  try {
    return decodeURIComponent(raw);
  } catch {
    return null;
  }
};

const givenIn = (name: string, raw: string): RawInput => {
  const text = decoded(raw);
  return text === null ? { name, problem: malformed(name, `${name} is not percent-encoded UTF-8`) } : { name, text };
};

/** Taken from the address itself, for a router's decoding lets malformed text pass as it is. */
const partsOf = (pathname: string, template: string): RawInput[] => {
  const raws = pathname.replace(/\/$/, '').split('/');
  const parts = template.split('/');
  return parts.flatMap((part, place) => {
    const [, name] = /^\{(.+)\}$/.exec(part) ?? [];
    // Whether a path may be longer than its template is for the router to say.
    const end = place === parts.length - 1 ? raws.length : place + 1;
    return name === undefined ? [] : [givenIn(name, raws.slice(place, end).join('/'))];
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
      return givenIn(decoded(rawName) ?? rawName, pair.slice(end + 1).replaceAll('+', ' '));
    });

const malformed = (path: string, message: string): FieldProblem => ({ path, code: 'MALFORMED', message });

type Place = 'query' | 'body';

const nameLengthMax = 80;

/** The problem of a name that the query or the body may not hold. */
export const unknownParameter = (name: string, known: readonly string[], place: Place = 'query'): FieldProblem => {
  const path = name.slice(0, nameLengthMax).toWellFormed();
  const others =
    known.length === 0 ? `there are none in the ${place}` : `in the ${place} there are ${known.join(', ')}`;
  return { path, code: 'NOT_ALLOWED', message: `there is no parameter ${JSON.stringify(path)}; ${others}` };
};

export const missingParameter = (path: string): FieldProblem => ({
  path,
  code: 'MISSING',
  message: `${path} is missing`,
});

const problemOf = (issue: z.core.$ZodIssue): FieldProblem => {
  const path = issue.path.join('.');
  // Values are texts, so any other issue than our own is that there is none.
  if (issue.code !== 'custom') return missingParameter(path);
  return { path, code: issue.params?.code as ProblemCode, message: issue.message };
};
