import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import type { Dataset, Datasets } from '../../../domains/datasets/datasets.ts';
import { columnsOf, filterOf, orderOf, splitTest } from '../../../domains/datasets/query-text.ts';
import type { RowsQuery } from '../../../domains/datasets/rows.ts';
import type { DataOptions } from '../../options.ts';

/** The options of `asof datasets`. */
export interface Options extends DataOptions {
  readonly where?: readonly string[];
  readonly search?: string;
  readonly sort?: string;
  readonly columns?: string;
  readonly version?: number;
  readonly first?: number;
  readonly groupBy?: readonly string[];
  readonly measure?: readonly string[];
  readonly having?: readonly string[];
  readonly timeZone?: string;
  readonly format?: 'csv' | 'ndjson' | 'parquet';
  readonly safe?: true;
  readonly yes?: true;
}

export const versionOf = (datasets: Datasets, dataset: Dataset, { version }: Options): DatasetVersion =>
  version === undefined ? datasets.current(dataset) : datasets.versionByNumber(dataset, version);

/** The rows that the options select. Throws BAD_REQUEST for an unknown column. */
export const conditionsOf = (version: DatasetVersion, { where = [], search }: Options) =>
  ({
    where: filterOf(
      version,
      where.map((text) => splitTest(version, text, '--where')),
    ),
    search,
    versionId: version.id,
  }) satisfies Partial<RowsQuery>;

export const orderOfOption = (version: DatasetVersion, { sort }: Options) =>
  sort === undefined ? undefined : orderOf(version, { path: '--sort', text: sort });

/** The indexes of the columns that the option names; by default all. */
export const columnsOfOption = (version: DatasetVersion, { columns }: Options): number[] =>
  columns === undefined ? [...version.columns.keys()] : columnsOf(version, { path: '--columns', text: columns });
