import { open, rm } from 'node:fs/promises';
import { z } from '@hono/zod-openapi';
import type { SqlFile } from '../../../db/datasets/sql/engine.ts';
import type { SqlContext } from '../../domains/sql/sql.ts';
import { DomainError } from '../../errors.ts';
import { preferredType } from '../../http/accept.ts';
import type { RequestBody } from '../../http/request.ts';
import { numberText } from '../../lib/exact-json.ts';
import { preview } from '../../lib/problems.ts';
import { type SqlFormat, sqlFormats } from '../../lib/sql-formats.ts';
import { readParameters } from '../../lib/sql-parameters.ts';
import { asOfOf, asOfParameters } from '../as-of.ts';
import { parameter } from '../parameters.ts';
import { defineRoute } from '../route.ts';
import { lineOfError, streamOf } from '../stream-body.ts';

const formats = Object.fromEntries(sqlFormats.map((format) => [format, format])) as { readonly [F in SqlFormat]: F };

const mediaTypes = {
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
} as const satisfies Readonly<Record<SqlFormat, string>>;

const options = {
  format: parameter('format', (fields) => fields.oneOf('format', formats), {
    description: 'The format of the result; by default the one that the header `Accept` names, or else `json`.',
    example: 'csv',
  }).optional(),
  first: parameter('first', (fields) => fields.integer('first', 1), {
    description: 'Maximum number of rows; by default, and at most, the setting sqlRowsMax.',
    example: '1000',
  }).optional(),
  ...asOfParameters,
};

const optionSchema = z.object(options);
type Options = z.output<typeof optionSchema>;

const bodySchema = z.object({
  query: z.string(),
  parameters: z.union([z.array(z.unknown()), z.record(z.string(), z.unknown())]).optional(),
  format: z.enum(sqlFormats).optional(),
  first: z.int().optional(),
  sequence: z.int().optional(),
  known_at: z.string().optional(),
  valid_at: z.string().optional(),
});

const statement = { schema: z.string(), example: 'select count(*) from transactions' };

export const querySql = defineRoute({
  operationId: 'runSql',
  tag: 'SQL',
  method: 'POST',
  path: '/sql',
  subject: 'facts',
  scopes: ['read'],
  summary: 'Runs one SELECT statement over datasets and facts',
  description:
    'The body is the statement itself, or a JSON object with `query`, `parameters` (a list for `$1` or `?`, or an object of names for `$name`) and the same options as in the URL. In JSON, numbers that a double cannot hold exactly are text. The headers `x-row-count`, `x-truncated` (`true` when the query has more rows), `x-sequence` (the state of the facts) and `x-warnings` accompany every format; JSON has them in the body too.',
  query: options,
  body: {
    types: ['application/json', 'application/sql', 'text/plain'],
    lenientContentTypes: ['', 'application/x-www-form-urlencoded', 'application/octet-stream'],
    schema: bodySchema,
    example: {
      query:
        'select user_status, sum(amount) as revenue from transactions where occurred_at >= $1 group by user_status',
      parameters: ['2024-01-01'],
    },
    others: { 'application/sql': statement, 'text/plain': statement },
  },
  errorCodes: ['NOT_FOUND', 'OVERLOADED', 'TOO_LARGE'],
  response: {
    schema: z.object({
      columns: z.array(z.object({ name: z.string(), type: z.string() })),
      rows: z.array(z.looseObject({})),
      row_count: z.int(),
      is_truncated: z.boolean(),
      sequence: z.int(),
      warnings: z.array(z.string()),
    }),
    example: {
      columns: [
        { name: 'user_status', type: 'VARCHAR' },
        { name: 'revenue', type: 'DECIMAL(38,6)' },
      ],
      rows: [{ user_status: 'paying', revenue: 220.5 }],
      row_count: 1,
      is_truncated: false,
      sequence: 5,
      warnings: [],
    },
    others: { 'application/x-ndjson': z.string(), 'text/csv': z.string(), [mediaTypes.parquet]: z.string() },
    headers: {
      'x-row-count': 'Number of rows.',
      'x-truncated': '`true` when the query has more rows.',
      'x-sequence': 'The state of the facts.',
      'x-warnings': 'A JSON array of texts.',
    },
  },
  async handle(input, { sql, config, server }, { body, header, work }) {
    const { text, parameters, ...sent } = readBody(await body.text(), body);
    const { format = acceptedFormat(header('accept')), first, ...asOf } = merge(input, sent);
    const query = { text, parameters: readParameters(parameters), first, asOf: asOfOf(asOf) };
    const result = await sql.file(query, format, work);
    const parts = partsOf(result, format);
    // The first part is read before the response starts: from then on the file needs no name.
    return new Response(
      streamOf(await parts.next(), parts, {
        contentOf: (part) => part,
        stallMs: config.exportStallMs,
        interrupted: server.interrupted,
        partOfError: format === 'ndjson' ? lineOfError : undefined,
      }),
      {
        headers: headersOf(result, format),
      },
    );
  },
});

interface SentBody extends Options {
  readonly text: string;
  readonly parameters?: unknown;
}

const refuse = (path: string, message: string): never => {
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path, code: 'MALFORMED', message }] });
};

/** The body: JSON, or the statement itself. */
const readBody = (text: string, body: RequestBody): SentBody => {
  if (body.mediaType !== 'application/json' && !text.trimStart().startsWith('{')) return { text };
  const { query, parameters, ...rest } = objectIn(text, body);
  if (typeof query !== 'string') return refuse('query', 'the body must be a JSON object with the text `query`');
  const known = Object.keys(options);
  const unknown = Object.keys(rest).find((name) => !known.includes(name));
  if (unknown !== undefined)
    return refuse(unknown, `there is no field ${preview(unknown)}; there are query, parameters, ${known.join(', ')}`);
  const texts = Object.entries(rest)
    .filter(([, value]) => value !== null)
    .map(([name, value]) => [name, typeof value === 'string' ? value : (numberText(value) ?? preview(value))]);
  const { data, error } = optionSchema.safeParse(Object.fromEntries(texts));
  const [issue] = error?.issues ?? [];
  return data ? { ...data, text: query, parameters } : refuse(String(issue?.path[0]), issue?.message ?? '');
};

const objectIn = (text: string, body: RequestBody): Readonly<Record<string, unknown>> => {
  try {
    const value = body.parseJson(text);
    if (text.trimStart().startsWith('{')) return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refuse('query', `the body is not valid JSON: ${error.message}`);
  }
  return refuse('query', 'the body must be a JSON object with the text `query`');
};

/** The options of the URL and of the body, each of which must be in one of them only. */
const merge = (inUrl: Options, inBody: Options): Options => {
  for (const name of Object.keys(options) as (keyof Options)[])
    if (inUrl[name] !== undefined && inBody[name] !== undefined)
      refuse(name, `${name} must be in the URL or in the body, not in both`);
  return { ...inUrl, ...inBody };
};

const acceptedFormat = (accept: string | undefined): SqlFormat => {
  const type = preferredType(accept, [mediaTypes.json, mediaTypes.csv, mediaTypes.ndjson, mediaTypes.parquet]);
  return sqlFormats.find((format) => mediaTypes[format] === type) ?? 'json';
};

const headersOf = ({ rowCount, isTruncated, sequence, warnings }: SqlFile & SqlContext, format: SqlFormat) => ({
  'content-type': format === 'csv' ? `${mediaTypes.csv}; charset=utf-8; header=present` : mediaTypes[format],
  'x-row-count': String(rowCount),
  'x-truncated': String(isTruncated),
  'x-sequence': String(sequence),
  // Headers hold ASCII only.
  'x-warnings': JSON.stringify(warnings).replace(
    /[^\x20-\x7e]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  ),
  ...(format === 'json' ? {} : { 'content-disposition': `attachment; filename=result.${format}` }),
});

/** The parts of a response; the file has no name any more once the first one is there. */
async function* partsOf(
  { path, columns, rowCount, isTruncated, sequence, warnings }: SqlFile & SqlContext,
  format: SqlFormat,
): AsyncGenerator<string | Uint8Array> {
  const file = await open(path);
  try {
    await rm(path, { force: true });
    const rest = { row_count: rowCount, is_truncated: isTruncated, sequence, warnings };
    if (format === 'json') yield `{"columns":${JSON.stringify(columns)},"rows":`;
    for await (const part of file.createReadStream({ autoClose: false })) yield part as Uint8Array;
    if (format === 'json') yield `,${JSON.stringify(rest).slice(1)}`;
  } finally {
    await file.close();
  }
}
