import type { Dataset, Datasets } from './datasets.ts';
import type { RowWriter } from './row-text.ts';

/** The rows that a query selects, as the texts of whole pages, which are read one after the other on demand. */
export async function* exportTexts(
  datasets: Datasets,
  dataset: Dataset,
  query: Parameters<Datasets['allRows']>[1],
  { head, line, end }: RowWriter & { readonly end: string },
): AsyncGenerator<string> {
  let text = head === '' ? '' : `${head}${end}`;
  for await (const rows of datasets.allRows(dataset, query)) {
    for (const row of rows) text += `${line(row)}${end}`;
    if (text !== '') yield text;
    text = '';
  }
}
