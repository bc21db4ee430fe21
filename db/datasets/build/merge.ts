import { DomainError } from '../../../src/errors.ts';
import type { DatasetColumn } from '../../../src/lib/dataset-column.ts';
import { type DuckdbRow, type DuckdbSession, identifier, literal } from '../duckdb.ts';
import type { StoredTable } from '../engine.ts';
import {
  copyOptions,
  importField,
  lineField,
  misfitField,
  rowBytesOf,
  rowField,
  storedType,
  tableOf,
} from '../parquet-layout.ts';

/** A Parquet file, by its path, with the columns of a version. */
type VersionFile = Pick<StoredTable, 'file' | 'columns'>;

export interface Merge {
  readonly earlier: VersionFile;
  readonly added: VersionFile;
  /** The columns of the result: those of both tables, in their order. */
  readonly columns: readonly DatasetColumn[];
}

export interface UpsertCounts {
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
}

/** Comes before the row numbers of rows that an upsert adds, so that they follow those of the earlier version. */
const addedFrom = 2 ** 40;

/** Writes the rows of the earlier table, then those of the added one. */
export const appendTables = async (session: DuckdbSession, merge: Merge, target: string): Promise<void> => {
  const names = targetFields(merge);
  const parts = [merge.earlier, merge.added].map(
    (table) => `select ${named(valuesOf(table, merge), names)} from ${tableOf(table.file)}`,
  );
  await copyMerged(session, merge, parts.join(' union all '), target);
};

/**
 * Writes the rows of the earlier table, those with the key of an added row replaced by it where they differ, then the added
 * rows with new keys. Keys must be unique in both tables, see `checkKeys`.
 */
export const upsertTable = async (
  session: DuckdbSession,
  merge: Merge,
  keys: readonly number[],
  target: string,
): Promise<UpsertCounts> => {
  const names = targetFields(merge);
  const withJoined = joinedRows(merge, keys);
  const [counts] = await session.rows(
    `${withJoined} select count(*) filter (where changed), count(*) filter (where matched and not changed),
      (select count(*) from n) - count(*) filter (where matched) from joined`,
  );
  const [updated = 0, unchanged = 0, inserted = 0] = (counts as DuckdbRow).map(Number);
  const replaced = names.map((name, at) => `if(changed, b${at}, a${at}) as ${identifier(name)}`);
  const added = names.map((_name, at) => `v${at}`);
  const fields = names.map(identifier).join(', ');
  await copyMerged(
    session,
    merge,
    `${withJoined} select ${fields} from (
      select position, ${replaced.join(', ')} from joined
      union all
      select ${addedFrom} + r, ${added.join(', ')} from n anti join o on ${sameKeys(merge, keys)}
    ) order by position`,
    target,
  );
  return { inserted, updated, unchanged };
};

const copyMerged = async (session: DuckdbSession, merge: Merge, query: string, target: string): Promise<void> => {
  const rowBytes = [await rowBytesOf(session, merge.earlier.file), await rowBytesOf(session, merge.added.file)];
  await session.run(`copy (${query}) to ${literal(target)} (${copyOptions(Math.max(...rowBytes))})`);
};

/** Throws BAD_REQUEST when rows of a table have the same key; names some of them. `where` says which table it is. */
export const checkKeys = async (
  session: DuckdbSession,
  { file, columns }: VersionFile,
  keys: readonly number[],
  where: string,
): Promise<void> => {
  if (keys.length === 0) return;
  const keyColumns = keys.map((key) => columns[key] as DatasetColumn);
  const values = keys.map((key) => keyText(columns, key));
  const rows = await session.rows(
    `select min(${lineField}), max(${lineField}), ${values.map((value, at) => `min(${value}) as k${at}`).join(', ')}
      from ${tableOf(file)} where ${values.map((value) => `${value} is not null`).join(' and ')}
      group by ${keys.flatMap((key) => keyFields(columns, key)).join(', ')}
      having count(*) > 1 order by 1 limit 3`,
  );
  if (rows.length === 0) return;
  const names = keyColumns.map(({ name }) => JSON.stringify(name)).join(', ');
  const examples = rows.map(([first, last, ...key]) => {
    const lines = first === last ? `line ${first} of several imports` : `lines ${first} and ${last}`;
    return `${lines} (${key.map((text) => JSON.stringify(String(text).slice(0, 80).toWellFormed())).join(', ')})`;
  });
  const message = `the key ${names} is not unique in ${where}: the same is in ${examples.join('; in ')}`;
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'keyColumns', code: 'CONFLICT', message }] });
};

/** The columns with the numbers of cells without a value and of misfits that a file has. */
export const countedColumns = async (
  session: DuckdbSession,
  path: string,
  columns: readonly DatasetColumn[],
): Promise<{ readonly columns: readonly DatasetColumn[]; readonly rowCount: number }> => {
  const counts = columns.flatMap(({ field, misfits }, index) => [
    `count(${identifier(field)})`,
    misfits > 0 ? `count(${misfitField(index)})` : '0',
  ]);
  const [row] = await session.rows(`select count(*), ${counts.join(', ')} from ${tableOf(path)}`);
  const [rowCount = 0, ...rest] = (row as DuckdbRow).map(Number);
  const counted = columns.map((column, index) => ({
    ...column,
    nulls: rowCount - (rest[index * 2] as number),
    misfits: rest[index * 2 + 1] as number,
  }));
  return { columns: counted, rowCount };
};

const targetFields = ({ columns }: Merge): string[] => [
  ...columns.map(({ field }) => field),
  lineField,
  importField,
  ...columns.flatMap(({ misfits }, index) => (misfits > 0 ? [misfitField(index)] : [])),
];

/** For each target field, what a table has for it. */
const valuesOf = (table: VersionFile, { columns }: Merge): string[] => [
  ...columns.map((column, index) => {
    const { field } = table.columns[index] as DatasetColumn;
    return `cast(${identifier(field)} as ${storedType(column)})`;
  }),
  lineField,
  importField,
  ...columns.flatMap(({ misfits }, index) => (misfits > 0 ? [misfitOf(table, index)] : [])),
];

const misfitOf = ({ columns }: VersionFile, index: number): string =>
  (columns[index] as DatasetColumn).misfits > 0 ? misfitField(index) : 'null::varchar';

const named = (values: readonly string[], names: readonly string[]): string =>
  values.map((value, at) => `${value} as ${identifier(names[at] as string)}`).join(', ');

/** The tables `o` (earlier), `n` (added) and `joined` as a WITH clause; `v0`, `v1` … are the target fields. */
const joinedRows = (merge: Merge, keys: readonly number[]): string => {
  const names = targetFields(merge);
  const table = (part: VersionFile): string =>
    `select ${rowField} as r, ${named(
      valuesOf(part, merge),
      names.map((_name, at) => `v${at}`),
    )} from ${tableOf(part.file)}`;
  const compared = names.flatMap((name, at) => (name === lineField || name === importField ? [] : [at]));
  const differs = compared.map((at) => `o.v${at} is distinct from n.v${at}`).join(' or ');
  return `with o as (${table(merge.earlier)}), n as (${table(merge.added)}), joined as (
    select o.r as position, n.r is not null as matched, n.r is not null and (${differs}) as changed,
      ${names.map((_name, at) => `o.v${at} as a${at}, n.v${at} as b${at}`).join(', ')}
    from o left join n on ${sameKeys(merge, keys)})`;
};

/** Keys are equal by value, and misfits by their text. */
const sameKeys = (merge: Merge, keys: readonly number[]): string => {
  const names = targetFields(merge);
  return keys
    .flatMap((key) => {
      const misfit = names.indexOf(misfitField(key));
      return misfit < 0 ? [key] : [key, misfit];
    })
    .map((at) => `o.v${at} is not distinct from n.v${at}`)
    .join(' and ');
};

const keyFields = (columns: readonly DatasetColumn[], key: number): string[] => {
  const { field, misfits } = columns[key] as DatasetColumn;
  return misfits > 0 ? [identifier(field), misfitField(key)] : [identifier(field)];
};

/** The key of a row as text; null when it has none. */
const keyText = (columns: readonly DatasetColumn[], key: number): string =>
  `coalesce(${keyFields(columns, key)
    .map((field) => `${field}::varchar`)
    .join(', ')})`;
