import { z } from '@hono/zod-openapi';
import type { RowFilter } from '../domains/datasets/filter.ts';
import { badParameter } from '../domains/datasets/query-text.ts';
import { numberText, parseExactJson } from '../lib/exact-json.ts';

/** Numbers that a double cannot hold go on as text, which is read by the type of the column. */
const literal = z.preprocess(
  (value) => (typeof value === 'object' && value !== null ? (numberText(value) ?? value) : value),
  z.union([z.string(), z.number(), z.boolean(), z.null()], { error: 'must be text, a number, true, false or null' }),
);

const tests = {
  ...{ eq: literal, ne: literal, gt: literal, gte: literal, lt: literal, lte: literal, in: z.array(literal) },
  ...{ contains: z.string(), startsWith: z.string(), hasAny: z.array(z.string()) },
  ...{ isNull: z.boolean(), isMisfit: z.boolean() },
};

/** Exactly one of these keys, as in an input of GraphQL with `@oneOf`. */
const oneOf = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z
    .strictObject(shape)
    .partial()
    .refine((value) => Object.keys(value).length === 1, {
      error: `needs exactly one of ${Object.keys(shape).join(', ')}`,
    });

const condition = z.strictObject({ name: z.string(), test: oneOf(tests) });

/** Deeper ones are refused before they are read: the reader calls itself. */
const depthMax = 20;

const filterOfDepth = (depth: number): z.ZodType<RowFilter> => {
  const inner = z.lazy(() => (depth >= depthMax ? z.never({ error: `is nested deeper than ${depthMax}` }) : nested()));
  const nested = (): z.ZodType<RowFilter> => filterOfDepth(depth + 1);
  return oneOf({ and: z.array(inner), or: z.array(inner), not: inner, column: condition }) as z.ZodType<RowFilter>;
};

/** Reads a condition that is written as JSON. Throws BAD_REQUEST that names the parameter and the place in it. */
export const rowFilterOf = (text: string, path: string): RowFilter => {
  const { data, error } = filterOfDepth(0).safeParse(jsonOf(text, path));
  if (data) return data;
  const [issue] = error?.issues ?? [];
  const position = [path, ...(issue?.path ?? [])].join('.');
  throw badParameter(path, `${position}: ${issue?.message ?? 'is not a condition'}`);
};

const jsonOf = (text: string, path: string): unknown => {
  try {
    return parseExactJson(text);
  } catch {
    throw badParameter(path, `${path} must be a condition as JSON, like {"column":{"name":"Price","test":{"gt":"5"}}}`);
  }
};
