import { z } from '@hono/zod-openapi';
import type { DatasetRun } from '../../../domains/datasets/imports.ts';
import type { Import } from '../../../domains/imports/job.ts';
import { DomainError, type ErrorCode, errorCodes } from '../../../errors.ts';
import { formatInstant } from '../../../lib/time.ts';
import { csvUrl, datasetName, importId, isWaiting, keyColumns, linkUrl, mode } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';

const account = z
  .object({
    id: z.int(),
    url: z.string(),
    target: z.string(),
    source: z.string(),
    state: z.enum(['RUNNING', 'SUCCEEDED', 'SUCCEEDED_WITH_REJECTS', 'FAILED', 'CANCELLED']),
    started_at: z.string(),
    finished_at: z.string().nullable(),
    bytes_read: z.int(),
    bytes_total: z.int(),
    read: z.int(),
    accepted: z.int(),
    unchanged: z.int(),
    conflicts: z.int(),
    rejected: z.int(),
    failure: z.object({ code: z.string(), message: z.string() }).nullable(),
  })
  .openapi('Import');

const example = {
  id: 7,
  url: 'http://127.0.0.1:4000/imports/7',
  target: 'DATASET',
  source: 'https://files.example/games.csv',
  state: 'SUCCEEDED',
  started_at: '2026-11-25T10:00:00Z',
  finished_at: '2026-11-25T10:00:03Z',
  bytes_read: 165453,
  bytes_total: 165453,
  read: 100,
  accepted: 100,
  unchanged: 0,
  conflicts: 0,
  rejected: 0,
  failure: null,
};

const accountOf = (standing: Import, origin: string) => ({
  id: standing.id,
  url: `${origin}/imports/${standing.id}`,
  target: standing.target,
  source: standing.source,
  state: standing.state,
  started_at: formatInstant(standing.startedAtUs),
  finished_at: standing.finishedAtUs === null ? null : formatInstant(standing.finishedAtUs),
  bytes_read: standing.bytesRead,
  bytes_total: standing.bytesTotal,
  read: standing.read,
  accepted: standing.accepted,
  unchanged: standing.unchanged,
  conflicts: standing.conflicts,
  rejected: standing.rejected,
  failure:
    standing.failureCode === null ? null : { code: standing.failureCode, message: standing.failureMessage ?? '' },
});

/** 202 for an import that runs, 200 for one that has ended; one that failed is the fault it failed with. */
const answered = async (run: DatasetRun, wait: boolean, origin: string): Promise<Response> => {
  const standing = wait ? await run.done : run.import;
  if (standing.state === 'FAILED') throw failureOf(standing);
  const told = accountOf(standing, origin);
  return Response.json(told, { status: wait ? 200 : 202, headers: { location: told.url } });
};

const failureOf = ({ failureCode, failureMessage }: Import): Error => {
  const known = errorCodes.find(({ code }) => code === failureCode);
  const code: ErrorCode = known?.code ?? 'INTERNAL';
  return new DomainError(code, failureMessage ?? 'the import failed');
};

const wanted = { mode: mode.optional(), key: keyColumns.optional(), wait: isWaiting.optional() };
const refuses = [
  'ADDRESS_NOT_ALLOWED',
  'TOO_LARGE',
  'NOT_A_TABLE',
  'OVERLOADED',
] as const satisfies readonly ErrorCode[];

export const importByLink = defineRoute({
  method: 'POST',
  path: '/datasets',
  subject: 'facts',
  summary: 'Takes the CSV file behind a link in as a dataset',
  description:
    'One that is there gets a new version, which answers from when it is whole. Answers 202 with the import at once, 200 with `wait=1` when it has ended; `GET /imports/{id}` tells how far it is. A link that may not be followed is refused.',
  fields: { url: linkUrl.optional(), csv_url: csvUrl.optional(), name: datasetName, ...wanted },
  refuses,
  answer: { schema: account, example },
  async handle({ url, csv_url, name, mode, key, wait }, { datasetUploads }, { origin }) {
    const link = url ?? csv_url;
    if (link === undefined || (url !== undefined && csv_url !== undefined)) {
      const message = 'url must be given, once: as url or as csv_url';
      throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'url', code: 'MISSING', message }] });
    }
    const run = await datasetUploads.importFrom({ url: link }, { name, mode, keyColumns: key });
    return answered(run, wait ?? false, origin);
  },
});

export const putDataset = defineRoute({
  method: 'PUT',
  path: '/datasets/{name}',
  subject: 'facts',
  summary: 'Takes the CSV file in the body in as a dataset',
  description:
    'Of at most the setting uploadBytesMax, written to disk as it comes. Answers 202 with the import, 200 with `wait=1` when it has ended.',
  params: { name: datasetName },
  query: wanted,
  body: {
    types: ['text/csv'],
    tolerates: ['', 'application/x-www-form-urlencoded', 'application/octet-stream', 'text/plain', 'application/csv'],
    schema: z.string(),
    example: 'AppID,Name\n20200,Galactic Bowling\n',
    isStream: true,
  },
  refuses,
  answer: { schema: account, example },
  async handle({ name, mode, key, wait }, { datasetUploads }, { origin, body }) {
    const run = await datasetUploads.importBytes(body.chunks(), `${name}.csv`, { name, mode, keyColumns: key });
    return answered(run, wait ?? false, origin);
  },
});

export const listDatasets = defineRoute({
  path: '/datasets',
  subject: 'facts',
  summary: 'The datasets there are',
  description: 'The first thousand, the oldest first.',
  answer: {
    schema: z.array(
      z.object({
        name: z.string(),
        rows: z.int(),
        version: z.int(),
        updated_at: z.string(),
        columns: z.array(z.object({ name: z.string(), type: z.string(), nulls: z.int(), misfits: z.int() })),
      }),
    ),
    example: [
      {
        name: 'games',
        rows: 100,
        version: 1,
        updated_at: '2026-11-25T10:00:03Z',
        columns: [{ name: 'Release date', type: 'DATE', nulls: 1, misfits: 1 }],
      },
    ],
  },
  handle: (_input, { datasets }) =>
    datasets.page({ limit: 1000, fromEnd: false }).rows.map((dataset) => {
      const { number, rowCount, createdAtUs, columns } = datasets.current(dataset);
      return {
        name: dataset.name,
        rows: rowCount,
        version: number,
        updated_at: formatInstant(createdAtUs),
        columns: columns.map(({ name, type, nulls, misfits }) => ({ name, type, nulls, misfits })),
      };
    }),
});

export const importProgress = defineRoute({
  path: '/imports/{id}',
  subject: 'facts',
  scopes: ['read', 'ingest'],
  summary: 'How far an import is, or how it ended',
  params: { id: importId },
  refuses: ['NOT_FOUND'],
  answer: { schema: account, example },
  handle({ id }, { imports }, { origin }) {
    const [found] = imports.importsByIds([id]);
    if (!found) throw new DomainError('NOT_FOUND', `there is no import ${id}`);
    return accountOf(found, origin);
  },
});
