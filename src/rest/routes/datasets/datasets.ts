import { z } from '@hono/zod-openapi';
import type { DatasetRun } from '../../../domains/datasets/imports.ts';
import type { Import } from '../../../domains/imports/job.ts';
import { DomainError, type ErrorCode, errorCodes } from '../../../errors.ts';
import type { DatasetRefresh } from '../../../lib/dataset-refresh.ts';
import { readOptionsOf } from '../../../lib/import-option-texts.ts';
import { formatInstant } from '../../../lib/time.ts';
import {
  csvUrl,
  datasetName,
  importId,
  isDryRun,
  isWaiting,
  keepVersions,
  keyColumns,
  linkUrl,
  mode,
  readOptions,
  refreshEvery,
} from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { dryRunResponse, importExample, importJson, importSchema } from './import-json.ts';

/** 202 for a running import, 200 for a finished one; a failed import responds with its error. */
const importResponse = async (run: DatasetRun, { wait, dry_run }: OptionInput, origin: string): Promise<Response> => {
  if (dry_run) return dryRunResponse(await run.done);
  const record = wait ? await run.done : run.import;
  if (record.state === 'FAILED') throw failureError(record);
  const body = importJson(record, origin);
  return Response.json(body, { status: wait ? 200 : 202, headers: { location: body.url } });
};

const failureError = ({ failureCode, failureMessage }: Import): Error => {
  const known = errorCodes.find(({ code }) => code === failureCode);
  const code: ErrorCode = known?.code ?? 'INTERNAL';
  return new DomainError(code, failureMessage ?? 'the import failed');
};

const importOptions = {
  mode: mode.optional(),
  key: keyColumns.optional(),
  wait: isWaiting.optional(),
  keep_versions: keepVersions.optional(),
  refresh_every: refreshEvery.optional(),
  dry_run: isDryRun.optional(),
  ...readOptions,
};

type OptionInput = z.output<z.ZodObject<typeof importOptions>>;

const optionsOf = ({ mode, key, header_line, date_order, null_markers, types, ...input }: OptionInput) => ({
  keepVersions: input.keep_versions,
  refreshEvery: input.refresh_every,
  dryRun: input.dry_run,
  mode,
  keyColumns: key,
  types,
  ...readOptionsOf({ ...input, headerLine: header_line, dateOrder: date_order, nullMarkers: null_markers }),
});

/** Of the routes that import. */
const runningResponse = {
  status: 202,
  description: 'The import is running.',
  hasBody: true,
  headers: { location: 'The URL of the import, which shows its progress.' },
} as const;

const importErrorCodes = [
  'ADDRESS_NOT_ALLOWED',
  'TOO_LARGE',
  'NOT_A_TABLE',
  'OVERLOADED',
] as const satisfies readonly ErrorCode[];

export const importByLink = defineRoute({
  operationId: 'importDatasetByLink',
  tag: 'Datasets',
  method: 'POST',
  path: '/datasets',
  subject: 'facts',
  summary: 'Imports the CSV file behind a link as a dataset',
  description:
    'An existing dataset gets a new version, which becomes current when it is complete. Responds 202 with the running import or, with `wait=1`, 200 with the finished import; `GET /imports/{id}` shows its progress. With `dry_run=1` it responds 200 with what it would store, also when it would fail. A link that is not allowed is refused.',
  fields: { url: linkUrl.optional(), csv_url: csvUrl.optional(), name: datasetName, ...importOptions },
  errorCodes: importErrorCodes,
  furtherResponses: [runningResponse],
  response: { schema: importSchema, example: importExample },
  async handle({ url, csv_url, name, ...input }, { datasetUploads }, { origin }) {
    const link = url ?? csv_url;
    if (link === undefined || (url !== undefined && csv_url !== undefined)) {
      const message = 'the link must be given exactly once, as url or as csv_url';
      throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'url', code: 'MISSING', message }] });
    }
    const run = await datasetUploads.importFrom({ url: link }, { name, ...optionsOf(input) });
    return importResponse(run, input, origin);
  },
});

export const putDataset = defineRoute({
  operationId: 'putDataset',
  tag: 'Datasets',
  method: 'PUT',
  path: '/datasets/{name}',
  subject: 'facts',
  summary: 'Imports the CSV file in the body as a dataset',
  description:
    'The file has at most uploadBytesMax bytes (setting) and is written to disk as it arrives. Responds 202 with the running import or, with `wait=1`, 200 with the finished import; with `dry_run=1` 200 with what it would store, also when it would fail.',
  params: { name: datasetName },
  query: importOptions,
  body: {
    types: ['text/csv'],
    lenientContentTypes: [
      '',
      'application/x-www-form-urlencoded',
      'application/octet-stream',
      'text/plain',
      'application/csv',
    ],
    schema: z.string(),
    example: 'AppID,Name,Price,Developers,Release date\n20200,Galactic Bowling,19.99,Perpetual FX,2008-10-21\n',
    isStream: true,
  },
  errorCodes: importErrorCodes,
  furtherResponses: [runningResponse],
  response: { schema: importSchema, example: importExample },
  async handle({ name, ...input }, { datasetUploads }, { origin, body }) {
    const run = await datasetUploads.importBytes(body.chunks(), `${name}.csv`, { name, ...optionsOf(input) });
    return importResponse(run, input, origin);
  },
});

const refreshSchema = z.object({
  url: z.string(),
  every: z.string(),
  last_attempt_at: z.string(),
  last_success_at: z.string(),
  last_error: z.string().nullable(),
  next_attempt_at: z.string(),
});

const refreshExample = {
  url: 'https://files.example/games.csv',
  every: 'PT1H',
  last_attempt_at: '2026-11-25T10:00:00Z',
  last_success_at: '2026-11-25T10:00:00Z',
  last_error: null,
  next_attempt_at: '2026-11-25T11:00:00Z',
};

const refreshJson = ({ url, every, lastAttemptAtUs, lastSuccessAtUs, lastError, nextAttemptAtUs }: DatasetRefresh) => ({
  url,
  every,
  last_attempt_at: formatInstant(lastAttemptAtUs),
  last_success_at: formatInstant(lastSuccessAtUs),
  last_error: lastError,
  next_attempt_at: formatInstant(nextAttemptAtUs),
});

export const listDatasets = defineRoute({
  operationId: 'listDatasets',
  tag: 'Datasets',
  path: '/datasets',
  subject: 'facts',
  summary: 'Lists all datasets',
  description:
    'The first 1000 datasets, oldest first. One that is damaged has `damage`, what of it is, in place of all but its name, which is null when it may be damaged, too.',
  response: {
    schema: z.array(
      z.union([
        z.object({
          name: z.string(),
          rows: z.int(),
          version: z.int(),
          updated_at: z.string(),
          keep_versions: z.int(),
          refresh: refreshSchema.nullable(),
          columns: z.array(z.object({ name: z.string(), type: z.string(), nulls: z.int(), misfits: z.int() })),
        }),
        z.object({ name: z.string().nullable(), damage: z.string() }),
      ]),
    ),
    example: [
      {
        name: 'games',
        rows: 100,
        version: 1,
        updated_at: '2026-11-25T10:00:03Z',
        keep_versions: 10,
        refresh: refreshExample,
        columns: [{ name: 'Release date', type: 'DATE', nulls: 1, misfits: 1 }],
      },
    ],
  },
  handle: (_input, { datasets, datasetRefreshes }) =>
    datasets.page({ limit: 1000, fromEnd: false }).rows.map((dataset) => {
      const damage = datasets.damages.of(dataset.id);
      if (damage) return { name: datasets.damages.soundNameOf(dataset), damage: damage.message };
      const { number, rowCount, createdAtUs, columns } = datasets.current(dataset);
      return {
        name: dataset.name,
        rows: rowCount,
        version: number,
        updated_at: formatInstant(createdAtUs),
        keep_versions: datasets.keptVersions(dataset),
        refresh:
          dataset.refresh && refreshJson({ ...dataset.refresh, url: datasetRefreshes.publicLink(dataset.refresh.url) }),
        columns: columns.map(({ name, type, nulls, misfits }) => ({ name, type, nulls, misfits })),
      };
    }),
});

export const importProgress = defineRoute({
  operationId: 'getImport',
  tag: 'Datasets',
  path: '/imports/{id}',
  subject: 'facts',
  scopes: ['read', 'ingest'],
  summary: 'The progress or the result of an import',
  description: 'Counts grow while the import runs.',
  params: { id: importId },
  errorCodes: ['NOT_FOUND'],
  response: { schema: importSchema, example: importExample },
  handle({ id }, { imports }, { origin }) {
    const [found] = imports.importsByIds([id]);
    if (!found) throw new DomainError('NOT_FOUND', `there is no import ${id}`);
    return importJson(found, origin);
  },
});
