import { z } from '@hono/zod-openapi';
import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import type { Dataset, DatasetRow, Datasets, RowsQuery } from '../../../domains/datasets/datasets.ts';
import { type Cell, formatCell } from '../../../lib/cell-text.ts';
import { csvLine, formulaSafe } from '../../../lib/csv-line.ts';
import { datasetName } from '../../parameters.ts';
import { defineRoute } from '../../route.ts';
import { rowWriter } from './json.ts';
import { badParameter, filterOf, orderOf, splitQuery } from './query.ts';

const pageRows = 1000;

export const exportDataset = defineRoute({
  path: '/datasets/{name}/export',
  subject: 'facts',
  hasDynamicQuery: true,
  summary: 'All rows of a dataset that match the parameters, as a file',
  description:
    'Accepts the parameters of `GET /datasets/{name}` except those of pages. `format` is `csv` (RFC 4180, the default) or `ndjson`; with `safe=1`, cells of a CSV that a spreadsheet would interpret as a formula are prefixed with an apostrophe. CSV contains the original text of cells that do not fit the type of their column. Rows are read page by page as the client reads them; the server closes the connection of a client that reads nothing for 30 seconds (setting exportStallMs).',
  params: { name: datasetName },
  errorCodes: ['NOT_FOUND'],
  response: { schema: z.string(), type: 'text/plain' },
  async handle({ name }, { datasets, config }, { pairs }) {
    const dataset = datasets.getByName(name);
    const { own, tests } = splitQuery(pairs, ['_sort', 'format', 'safe']);
    const format = own.get('format') ?? 'csv';
    if (format !== 'csv' && format !== 'ndjson') throw badParameter('format', 'format must be csv or ndjson');
    const safe = own.get('safe') ?? '0';
    if (safe !== '0' && safe !== '1') throw badParameter('safe', 'safe must be 0 or 1');
    const version = datasets.current(dataset);
    const query = {
      where: filterOf(version, tests),
      orderBy: orderOf(version, own.get('_sort')),
      versionId: version.id,
      limit: pageRows,
      fromEnd: false,
    };
    const writer = format === 'csv' ? csvWriter(version, safe === '1') : ndjsonWriter(version);
    const texts = pagesOf(datasets, dataset, query, writer);
    // The first page is read before the response starts, so that its errors have a status.
    const firstPage = await texts.next();
    const headers = {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}.${format}`,
    };
    return new Response(streamOf(firstPage, texts, config.exportStallMs), { headers });
  },
});

interface Writer {
  readonly head: string;
  line(row: DatasetRow): string;
}

async function* pagesOf(
  datasets: Datasets,
  dataset: Dataset,
  query: RowsQuery,
  { head, line }: Writer,
): AsyncGenerator<string> {
  let after: string | undefined;
  let text = head;
  for (;;) {
    const page = await datasets.rows(dataset, { ...query, after });
    for (const row of page.rows) text += line(row);
    if (text !== '') yield text;
    text = '';
    const last = page.rows.at(-1);
    if (!page.hasAfter || !last) return;
    after = page.cursorOf(last);
  }
}

const ndjsonWriter = (version: DatasetVersion): Writer => {
  const write = rowWriter(version);
  return { head: '', line: (row) => `${write(row)}\n` };
};

const csvWriter = ({ columns }: DatasetVersion, isSafe: boolean): Writer => {
  const escapeText = (text: string, isText: boolean): string => (isSafe && isText ? formulaSafe(text) : text);
  const lineOf = (cells: readonly string[]): string => `${csvLine(cells)}\r\n`;
  return {
    head: lineOf(columns.map(({ header }) => escapeText(header, true))),
    line({ cells, misfits }) {
      const texts = cells.map((cell: Cell, index) => {
        const type = columns[index]?.type;
        return escapeText(formatCell(cell), type === 'STRING' || type === 'STRING_LIST');
      });
      for (const { column, text } of misfits) texts[column] = escapeText(text, true);
      return lineOf(texts);
    },
  };
};

/** A body that reads pages on demand, and fails when the client reads nothing for `stallMs`. */
const streamOf = (
  firstPage: IteratorResult<string>,
  texts: AsyncGenerator<string>,
  stallMs: number,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  let next: IteratorResult<string> | null = firstPage;
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        const { done, value } = next ?? (await texts.next());
        next = null;
        if (done) return controller.close();
        controller.enqueue(encoder.encode(value));
        timer = setTimeout(() => {
          controller.error(new Error(`the client read nothing for ${stallMs} ms (setting exportStallMs)`));
          void texts.return(undefined);
        }, stallMs);
      },
      async cancel() {
        clearTimeout(timer);
        await texts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
};
