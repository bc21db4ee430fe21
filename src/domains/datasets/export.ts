import type { Dataset, Datasets, RowsQuery } from './datasets.ts';
import type { RowWriter } from './row-text.ts';

const pageRows = 5000;

/** A page of an export. */
export interface ExportPage {
  readonly text: string;
  /** Number of rows that the query leaves out only because a cell that it compares does not fit the type of its column. */
  readonly excludedCount: number;
}

/** The rows of a version that a query selects, as whole pages, which are read one after the other on demand. */
export async function* exportPages(
  datasets: Datasets,
  dataset: Dataset,
  query: Omit<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>,
  { head, line, end }: RowWriter & { readonly end: string },
): AsyncGenerator<ExportPage> {
  const versionId = query.versionId ?? dataset.versionId;
  let after: string | undefined;
  let text = head === '' ? '' : `${head}${end}`;
  const release = datasets.holdVersion(datasets.versionOf(dataset, versionId));
  try {
    for (;;) {
      const page = await datasets.rowsUncounted(dataset, {
        ...query,
        versionId,
        limit: pageRows,
        fromEnd: false,
        after,
      });
      for (const row of page.rows) text += `${line(row)}${end}`;
      yield { text, excludedCount: page.excludedCount };
      text = '';
      const last = page.rows.at(-1);
      if (!page.hasAfter || !last) return;
      after = page.cursorOf(last);
    }
  } finally {
    release();
  }
}
