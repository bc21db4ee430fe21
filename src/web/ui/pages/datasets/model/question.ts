import type { ColumnOrder, ColumnType, RowFilter } from '../../../generated/graphql.ts';
import type { DatasetSearch, Sort } from './search.ts';

/** A version of a dataset, with its columns. */
export interface VersionHead {
  readonly id: string;
  readonly number: number;
  readonly rowCount: number;
  readonly createdAt: string;
  readonly columns: readonly {
    readonly name: string;
    readonly sqlName: string;
    readonly type: ColumnType;
    readonly isKey: boolean;
  }[];
}

/** What cells need to know of their columns, in the order of the cells. */
export interface TypedColumns {
  readonly columns: readonly Pick<VersionHead['columns'][number], 'name' | 'type'>[];
}

/** What all parts of the page ask: some rows of one version. */
export interface Question {
  readonly name: string;
  readonly version: VersionHead;
  /** Whether the address names the version: it is not the current one, or should stay the same. */
  readonly isPinned: boolean;
  readonly where: RowFilter | undefined;
  readonly search: string | undefined;
}

export const questionOf = (name: string, version: VersionHead, address: DatasetSearch): Question => ({
  name,
  version,
  isPinned: address.version !== undefined,
  where: address.where,
  search: address.search === '' ? undefined : address.search,
});

/** The variables of an operation that asks for these rows. */
export const rowVariables = ({ name, version, where, search }: Omit<Question, 'isPinned'>) => ({
  name,
  version: version.id,
  where: where ?? null,
  search: search ?? null,
});

export const orderOf = (sort: Sort | undefined): ColumnOrder[] =>
  sort === undefined ? [] : [{ column: sort.id, direction: sort.direction === 'asc' ? 'ASC' : 'DESC' }];

export const typeOfColumn =
  ({ version }: Pick<Question, 'version'>) =>
  (name: string): ColumnType =>
    version.columns.find((column) => column.name === name)?.type ?? 'STRING';
