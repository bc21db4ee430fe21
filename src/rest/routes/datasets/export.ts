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
  anyQuery: true,
  summary: 'All rows of a dataset that match, as a file',
  description:
    'Takes the same parameters as the dataset itself, without pages. `format` is `csv` (RFC 4180, the default) or `ndjson`; with `safe=1` cells of a CSV that a spreadsheet would take for a formula have an apostrophe before them. Cells that do not fit their column are written to CSV as they came. Rows are read page by page as the client takes them; a client that takes nothing for 30 seconds (setting exportStallMs) is cut off.',
  params: { name: datasetName },
  refuses: ['NOT_FOUND'],
  answer: { schema: z.string(), type: 'text/plain' },
  async handle({ name }, { datasets, config }, { pairs }) {
    const dataset = datasets.getByName(name);
    const { own, tests } = splitQuery(pairs, ['_sort', 'format', 'safe']);
    const format = own.get('format') ?? 'csv';
    if (format !== 'csv' && format !== 'ndjson') throw badParameter('format', 'format must be csv or ndjson');
    const safe = own.get('safe') ?? '0';
    if (safe !== '0' && safe !== '1') throw badParameter('safe', 'safe must be 0 or 1');
    const version = datasets.current(dataset);
    const question = {
      where: filterOf(version, tests),
      orderBy: orderOf(version, own.get('_sort')),
      versionId: version.id,
      limit: pageRows,
      fromEnd: false,
    };
    const write = format === 'csv' ? csvWriter(version, safe === '1') : ndjsonWriter(version);
    const texts = pagesOf(datasets, dataset, question, write);
    // The first page is read before the answer begins, so that its faults have a status.
    const head = await texts.next();
    const headers = {
      'content-type': format === 'csv' ? 'text/csv; charset=utf-8; header=present' : 'application/x-ndjson',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name)}.${format}`,
    };
    return new Response(pulled(head, texts, config.exportStallMs), { headers });
  },
});

interface Writer {
  readonly head: string;
  line(row: DatasetRow): string;
}

async function* pagesOf(
  datasets: Datasets,
  dataset: Dataset,
  question: RowsQuery,
  { head, line }: Writer,
): AsyncGenerator<string> {
  let after: string | undefined;
  let text = head;
  for (;;) {
    const page = await datasets.rows(dataset, { ...question, after });
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
  const harmless = (text: string, isText: boolean): string => (isSafe && isText ? formulaSafe(text) : text);
  const lineOf = (cells: readonly string[]): string => `${csvLine(cells)}\r\n`;
  return {
    head: lineOf(columns.map(({ header }) => harmless(header, true))),
    line({ cells, misfits }) {
      const texts = cells.map((cell: Cell, place) => {
        const type = columns[place]?.type;
        return harmless(formatCell(cell), type === 'STRING' || type === 'STRING_LIST');
      });
      for (const { column, text } of misfits) texts[column] = harmless(text, true);
      return lineOf(texts);
    },
  };
};

/** Texts as a body that is made when it is asked for, and given up when nobody asks for so long. */
const pulled = (
  head: IteratorResult<string>,
  texts: AsyncGenerator<string>,
  stallMs: number,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  let next: IteratorResult<string> | null = head;
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
          controller.error(new Error('the reader of an export takes nothing'));
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
