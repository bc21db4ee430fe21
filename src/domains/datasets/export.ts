import type { Dataset, Datasets, RowsQuery } from './datasets.ts';
import type { RowWriter } from './row-text.ts';

const pageRows = 1000;

/** The rows of a version that a query selects, as the texts of whole pages, which are read one after the other on demand. */
export async function* exportTexts(
  datasets: Datasets,
  dataset: Dataset,
  query: Omit<RowsQuery, 'limit' | 'fromEnd' | 'after' | 'before'>,
  { head, line, end }: RowWriter & { readonly end: string },
): AsyncGenerator<string> {
  const versionId = query.versionId ?? dataset.versionId;
  let after: string | undefined;
  let text = head === '' ? '' : `${head}${end}`;
  for (;;) {
    const page = await datasets.rowsUncounted(dataset, { ...query, versionId, limit: pageRows, fromEnd: false, after });
    for (const row of page.rows) text += `${line(row)}${end}`;
    if (text !== '') yield text;
    text = '';
    const last = page.rows.at(-1);
    if (!page.hasAfter || !last) return;
    after = page.cursorOf(last);
  }
}
