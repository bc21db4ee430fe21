import * as z from 'zod/mini';

/**
 * How the address holds the state of a page. Every parameter is a text there, as a person may write it by hand; only its
 * schema says what the text means. A parser that guesses types would make `search=123` a number, `user=1e5` 100000 and
 * `open=[1]` a list, and a schema of text would then drop them.
 */

/** The parameters of an address as texts; of a repeated one the last. */
export const parseSearch = (query: string): Record<string, unknown> => Object.fromEntries(new URLSearchParams(query));

/** The opposite: texts as they are, anything else as JSON. Nothing is written for undefined. */
export const stringifySearch = (search: Record<string, unknown>): string => {
  const written = Object.entries(search).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, typeof value === 'string' ? value : JSON.stringify(value)]],
  );
  const query = new URLSearchParams(written).toString();
  return query === '' ? '' : `?${query}`;
};

/** Absent, too, when it is not what the schema expects: a page then shows what it shows without it. */
const optional = <Schema extends z.core.$ZodType>(schema: Schema) => z.catch(z.optional(schema), undefined);

/** The JSON of a text; a text that is none is no value. Values of links within the pages are no texts. */
const parsed = (value: unknown): unknown => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
};

export const text = (schema: z.ZodMiniType<string> = z.string()) => optional(schema);

export const choice = <const Values extends readonly string[]>(values: Values) => optional(z.enum(values));

const decimal = /^\s*-?\d+(?:\.\d+)?\s*$/;

export const number = (schema: z.ZodMiniType<number> = z.number()) =>
  optional(
    z.pipe(
      z.transform((value: unknown) => (typeof value === 'string' && decimal.test(value) ? Number(value) : value)),
      schema,
    ),
  );

export const flag = () => optional(z.pipe(z.transform(parsed), z.boolean()));

/** A list or object, as JSON. */
export const json = <Schema extends z.core.$ZodType>(schema: Schema) =>
  optional(z.pipe(z.transform(parsed), schema as never) as unknown as Schema);

/** A JSON list of texts, or one text. */
export const list = <Item extends string>(item: z.ZodMiniType<Item>) =>
  optional(
    z.pipe(
      z.transform((value: unknown): unknown[] => {
        const items = parsed(value);
        return Array.isArray(items) ? items.map(String) : [value];
      }),
      z.array(item) as z.ZodMiniType<Item[], unknown[]>,
    ),
  );
