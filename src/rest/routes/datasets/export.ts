import { hash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import { exportPages, exportParquet } from '../../../domains/datasets/export.ts';
import { columnsOf, orderOf } from '../../../domains/datasets/query-text.ts';
import { csvRows, jsonRows } from '../../../domains/datasets/row-text.ts';
import { preferredType } from '../../../http/accept.ts';
import { isCached } from '../../../http/etag.ts';
import { datasetName } from '../../parameters.ts';
import { ifNoneMatch, notModified } from '../../revalidation.ts';
import { defineRoute } from '../../route.ts';
import { lineOfError, streamOf } from '../../stream-body.ts';
import { columns, format, safe, search, sort, versionNumber, where } from './parameters.ts';
import { readQuery, testsDescription, whereOf } from './query.ts';

const query = {
  _format: format,
  _columns: columns,
  _sort: sort,
  _search: search,
  _where: where,
  _version: versionNumber,
  _safe: safe,
};

/** https://www.iana.org/assignments/media-types/application/vnd.apache.parquet */
const parquetType = 'application/vnd.apache.parquet';

const typesByFormat = {
  csv: 'text/csv; charset=utf-8; header=present',
  ndjson: 'application/x-ndjson',
  parquet: parquetType,
} as const;

const formatsByType = { 'text/csv': 'csv', 'application/x-ndjson': 'ndjson', [parquetType]: 'parquet' } as const;

export const exportDataset = defineRoute({
  operationId: 'exportDataset',
  tag: 'Datasets',
  path: '/datasets/{name}/export',
  subject: 'facts',
  hasDynamicQuery: true,
  summary: 'All rows of a dataset that match the parameters, as a file',
  description: `${testsDescription} CSV (RFC 4180) contains the original text of cells that do not fit the type of their column, and is imported to the same rows again; Parquet has typed columns, in which these cells are missing. The header ETag changes with the version, so that If-None-Match saves a client from reading the same rows again (304); NDJSON has none, because its last line may be an error. The header Excluded-Count is the number of rows left out only because a cell that a parameter compares does not fit the type of its column. Rows are read page by page as the client reads them; the server closes the connection of a client that reads nothing for 30 seconds (setting exportStallMs).`,
  params: { name: datasetName },
  query,
  headers: [ifNoneMatch],
  furtherResponses: [notModified],
  errorCodes: ['NOT_FOUND'],
  response: {
    schema: z.string(),
    type: 'text/csv',
    others: { 'application/x-ndjson': z.string(), [parquetType]: z.string() },
    headers: {
      etag: 'Changes with the version; absent for NDJSON.',
      'excluded-count': 'Number of rows left out because a compared cell does not fit the type of its column.',
      'content-disposition': 'The name of the file.',
    },
  },
  async handle(parsed, services, context) {
    const { datasets, config, server } = services;
    const { dataset, version, input, tests } = readQuery(services, context, query, parsed);
    const { _columns, _sort, _search, _safe } = input;
    const accepted = preferredType(context.header('accept'), ['text/csv', 'application/x-ndjson', parquetType]);
    const fileFormat = input._format ?? formatsByType[accepted];
    const indexes =
      _columns === undefined ? [...version.columns.keys()] : columnsOf(version, { path: '_columns', text: _columns });
    const rows = {
      where: whereOf(version, tests, input._where),
      search: _search,
      orderBy: _sort === undefined ? undefined : orderOf(version, { path: '_sort', text: _sort }),
      versionId: version.id,
    };
    const etag = etagOf(version, fileFormat);
    // A client would keep lines that end with an error; of other formats an error cuts the connection.
    const hasTag = fileFormat !== 'ndjson';
    const caching = hasTag ? { etag, 'cache-control': 'private, no-cache' } : { 'cache-control': 'no-store' };
    if (hasTag && isCached(etag, context.header('if-none-match')))
      return new Response(null, { status: 304, headers: caching });
    const { work } = context;
    const partsByFormat = {
      csv: () =>
        exportPages(datasets, dataset, rows, { ...csvRows(version, indexes, _safe ?? false), end: '\r\n', work }),
      ndjson: () => exportPages(datasets, dataset, rows, { ...jsonRows(version, indexes), end: '\n', work }),
      parquet: () => exportParquet(datasets, dataset, rows, { columns: indexes, work }),
    };
    const parts = partsByFormat[fileFormat]();
    // The first part is read before the response starts, so that its errors have a status.
    const first = await parts.next();
    const headers = {
      'content-type': typesByFormat[fileFormat],
      'excluded-count': String(first.done ? 0 : first.value.excludedCount),
      'content-disposition': attachment(`${dataset.name}.${fileFormat}`),
      ...caching,
    };
    const body = streamOf(first, parts, {
      contentOf: ({ content }) => content,
      stallMs: config.exportStallMs,
      interrupted: server.interrupted,
      partOfError: fileFormat === 'ndjson' ? lineOfError : undefined,
    });
    return new Response(body, { headers });
  },
});

/**
 * A version never changes, so it identifies the rows at a URL. Weak, because another release may write them differently.
 * The instant tells apart the versions of two data folders behind the same URL, and the file those before and after rows were
 * erased.
 */
const etagOf = ({ id, createdAtUs, file, fileSha256 }: DatasetVersion, fileFormat: string): string =>
  `W/"${id}-${createdAtUs.toString(36)}-${hash('sha256', `${file} ${fileSha256}`, 'base64url').slice(0, 22)}-${fileFormat}"`;

/** A name for the file (RFC 6266). Some clients read only the plain one, which has ASCII characters. */
const attachment = (name: string): string =>
  `attachment; filename="${name.replace(/[^\w .-]/g, '_')}"; filename*=UTF-8''${encodeURIComponent(name)}`;
