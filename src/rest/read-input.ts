import type { z } from '@hono/zod-openapi';
import { DomainError } from '../errors.ts';
import type { FieldProblem, ProblemCode } from '../lib/problems.ts';

/** Parameters by name, each read from its text. */
export type Shape = Readonly<Record<string, z.ZodType<unknown, string>>>;

interface Expected<Schema extends z.ZodObject> {
  readonly path: string;
  readonly params: Shape;
  readonly query: Shape;
  /** Of both together. */
  readonly schema: Schema;
}

/**
 * Reads the parameters of a request. Throws BAD_REQUEST with a problem for each one that is missing, malformed, unknown,
 * given twice or not percent-encoded UTF-8 (RFC 3986; in the query `+` is a space, as forms write it).
 */
export const readInput = <Schema extends z.ZodObject>(url: URL, expected: Expected<Schema>): z.output<Schema> => {
  const problems: FieldProblem[] = [];
  const values = new Map<string, string>();
  const take = (name: string, raw: string): void => {
    const value = decoded(raw);
    if (value !== null) values.set(name, value);
    else problems.push(malformed(name, `${name} is not percent-encoded UTF-8`));
  };
  for (const [name, raw] of pathParts(url, expected.path)) take(name, raw);
  for (const [name, raws] of queryParts(url)) {
    if (!Object.hasOwn(expected.query, name)) problems.push(unknownParameter(name, Object.keys(expected.query)));
    else if (raws.length > 1) problems.push(malformed(name, `${name} is given more than once`));
    else take(name, (raws[0] ?? '').replaceAll('+', ' '));
  }
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

/** Taken from the address itself, for a router's decoding lets malformed text pass as it is. */
const pathParts = (url: URL, template: string): [name: string, raw: string][] => {
  const raws = url.pathname.replace(/\/$/, '').split('/');
  const parts = template.split('/');
  return parts.flatMap((part, place) => {
    const [, name] = /^\{(.+)\}$/.exec(part) ?? [];
    // Whether a path may be longer than its template is for the router to say.
    const end = place === parts.length - 1 ? raws.length : place + 1;
    return name === undefined ? [] : [[name, raws.slice(place, end).join('/')]];
  });
};

const queryParts = (url: URL): Map<string, string[]> => {
  const parts = new Map<string, string[]>();
  for (const pair of url.search.slice(1).split('&')) {
    if (pair === '') continue;
    const end = pair.includes('=') ? pair.indexOf('=') : pair.length;
    const rawName = pair.slice(0, end).replaceAll('+', ' ');
    const name = decoded(rawName) ?? rawName;
    parts.set(name, [...(parts.get(name) ?? []), pair.slice(end + 1)]);
  }
  return parts;
};

const malformed = (path: string, message: string): FieldProblem => ({ path, code: 'MALFORMED', message });

const nameLengthMax = 80;

/** The problem of a name that the query may not hold. */
export const unknownParameter = (name: string, known: readonly string[]): FieldProblem => {
  const path = name.slice(0, nameLengthMax).toWellFormed();
  const others = known.length === 0 ? 'there are none in the query' : `in the query there are ${known.join(', ')}`;
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
