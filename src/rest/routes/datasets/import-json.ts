import { z } from '@hono/zod-openapi';
import type { DatasetImport } from '../../../domains/datasets/import-version.ts';
import { previewJson } from '../../../domains/datasets/preview.ts';
import type { Import } from '../../../domains/imports/job.ts';
import { stringifyExact } from '../../../lib/exact-json.ts';
import type { FileDialect } from '../../../lib/import-options.ts';
import { formatInstant } from '../../../lib/time.ts';

export const importSchema = z
  .object({
    id: z.int().nullable(),
    url: z.string().nullable(),
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
    dialect: z
      .object({
        encoding: z.string(),
        delimiter: z.string(),
        quote: z.string().nullable(),
        header_line: z.int().nullable(),
        skipped_lines: z.int(),
        warnings: z.array(z.string()),
      })
      .nullable(),
    preview: z
      .object({
        columns: z.array(
          z.object({
            name: z.string(),
            type: z.string(),
            nulls: z.int(),
            misfits: z.int(),
            examples: z.array(z.unknown()),
          }),
        ),
        rows: z.array(
          z.object({
            line: z.int(),
            cells: z.array(z.unknown()),
            misfits: z.array(z.object({ column: z.string(), text: z.string() })),
          }),
        ),
      })
      .nullable()
      .optional()
      .openapi({ description: 'Only of a dry run.' }),
    first_rejects: z
      .array(
        z.object({
          line: z.int(),
          raw: z.string(),
          problems: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
        }),
      )
      .optional()
      .openapi({ description: 'Only of a dry run: the first 20 rows that would be rejected.' }),
  })
  .openapi('Import');

export const importExample = {
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
  dialect: { encoding: 'UTF-8', delimiter: ',', quote: '"', header_line: 1, skipped_lines: 0, warnings: [] },
};

export const importJson = (record: Import, origin: string) => ({
  id: record.id,
  url: `${origin}/imports/${record.id}`,
  target: record.target,
  source: record.source,
  state: record.state,
  started_at: formatInstant(record.startedAtUs),
  finished_at: record.finishedAtUs === null ? null : formatInstant(record.finishedAtUs),
  bytes_read: record.bytesRead,
  bytes_total: record.bytesTotal,
  read: record.read,
  accepted: record.accepted,
  unchanged: record.unchanged,
  conflicts: record.conflicts,
  rejected: record.rejected,
  failure: record.failureCode === null ? null : { code: record.failureCode, message: record.failureMessage ?? '' },
  dialect: record.dialect && dialectJson(record.dialect),
});

const dialectJson = ({ encoding, delimiter, quote, headerLine, skippedLines, warnings }: FileDialect) => ({
  encoding,
  delimiter,
  quote,
  header_line: headerLine,
  skipped_lines: skippedLines,
  warnings,
});

/** Also when the import would fail: `state` is FAILED then. */
export const dryRunResponse = (record: DatasetImport): Response => {
  const { dryRun } = record;
  const body = {
    ...importJson(record, ''),
    id: null,
    url: null,
    preview: dryRun?.preview ? previewJson(dryRun.preview) : null,
    first_rejects: dryRun?.rejects ?? [],
  };
  return new Response(stringifyExact(body), { headers: { 'content-type': 'application/json' } });
};
