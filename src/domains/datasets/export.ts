import { createReadStream } from 'node:fs';
import type { Work } from '../../lib/work.ts';
import { Stages } from '../../lib/yielding.ts';
import type { Dataset, Datasets } from './datasets.ts';
import type { RowWriter } from './row-text.ts';
import type { RowsQuery } from './rows.ts';

const pageRows = 5000;

/** Rows between two looks at the clock. */
const rowsPerLook = 16;

/** Characters of a part: one of a whole page would be encoded in one go. */
const partLength = 64_000;

/** A part of an export. */
export interface ExportPart {
  readonly content: string | Uint8Array;
  /** Number of rows that the query leaves out only because a cell that it compares does not fit the type of its column. */
  readonly excludedCount: number;
}

type ExportQuery = Omit<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>;

/** The rows of a version that a query selects, in pages that are read one after the other on demand. */
export async function* exportPages(
  datasets: Datasets,
  dataset: Dataset,
  query: ExportQuery,
  { head, line, end, work }: RowWriter & { readonly end: string; readonly work: Work },
): AsyncGenerator<ExportPart> {
  const versionId = query.versionId ?? dataset.versionId;
  let after: string | undefined;
  let text = head === '' ? '' : `${head}${end}`;
  const release = datasets.holdVersion(datasets.versionOf(dataset, versionId));
  try {
    for (let isFirst = true; ; isFirst = false) {
      const request = { ...query, versionId, limit: pageRows, fromEnd: false, after };
      const page = await datasets.rowsUncounted(dataset, request, work);
      const { excludedCount } = page;
      const stages = new Stages();
      for (const [index, row] of page.rows.entries()) {
        if (index % rowsPerLook === 0) await stages.next();
        text += `${line(row)}${end}`;
        if (text.length < partLength) continue;
        yield { content: text, excludedCount };
        text = '';
      }
      if (isFirst || text !== '') yield { content: text, excludedCount };
      text = '';
      const last = page.rows.at(-1);
      if (!page.hasAfter || !last) return;
      after = page.cursorOf(last);
    }
  } finally {
    release();
  }
}

/** The rows of a version that a query selects, as the bytes of a Parquet file of the columns with these indexes. */
export async function* exportParquet(
  datasets: Datasets,
  dataset: Dataset,
  query: ExportQuery,
  { columns, work }: { readonly columns: readonly number[]; readonly work: Work },
): AsyncGenerator<ExportPart> {
  const version = datasets.versionOf(dataset, query.versionId);
  const page = { versionId: version.id, limit: 1, fromEnd: false };
  const { excludedCount } = await datasets.rowsUncounted(dataset, { ...query, ...page }, work);
  const file = await datasets.parquetFile(version, query, columns, work);
  try {
    for await (const content of createReadStream(file.path)) yield { content: content as Buffer, excludedCount };
  } finally {
    await file.remove();
  }
}
