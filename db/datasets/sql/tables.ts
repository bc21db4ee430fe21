import type { DuckDBDataChunk, DuckDBValue } from '@duckdb/node-api';
import { type DuckdbSession, identifier } from '../duckdb.ts';
import { duckdbLibrary } from '../duckdb-library.ts';
import type { SqlColumn, SqlType, SqlValues } from './engine.ts';
import type { SqlTasks } from './messages.ts';

/** The schema of the tables that queries see through views only. */
export const factSchema = 'facts';
export const rowColumn = '_row';

const duckdbTypes: Readonly<Record<SqlType, string>> = {
  TEXT: 'VARCHAR',
  INTEGER: 'BIGINT',
  // Exact sums of any number of amounts, which have at most 15 digits before the point and 6 behind it.
  DECIMAL: 'DECIMAL(38, 6)',
  INSTANT: 'TIMESTAMP',
  DATE: 'DATE',
  BOOLEAN: 'BOOLEAN',
};

export const qualified = (table: string): string => `${identifier(factSchema)}.${identifier(table)}`;
export const labelTable = (state: string, column: string): string => `${state}_${column}`;

const createTable = (session: DuckdbSession, table: string, columns: readonly string[]): Promise<void> =>
  session.run(`create table ${qualified(table)} (${columns.join(', ')})`);

export const createFactTable = (
  session: DuckdbSession,
  { table, columns }: SqlTasks['createTable']['input'],
): Promise<void> =>
  createTable(session, table, [
    `${rowColumn} UINTEGER`,
    ...columns.map(({ name, type }) => `${identifier(name)} ${duckdbTypes[type]}`),
  ]);

/** Rows of one chunk: the size of a vector of DuckDB. */
const chunkRows = 2048;

type Columns = readonly { readonly type: SqlType | 'CODE'; readonly values: SqlValues | Uint32Array }[];

/** Appends rows in chunks, which costs a tenth of appending values. The first column is the number of the row. */
const appendRows = async (
  session: DuckdbSession,
  table: string,
  { columns, firstRow, rows }: { readonly columns: Columns; readonly firstRow: number; readonly rows: number },
): Promise<void> => {
  const api = duckdbLibrary();
  const chunkTypes = {
    TEXT: api.VARCHAR,
    INTEGER: api.BIGINT,
    DECIMAL: api.DECIMAL(38, 6),
    INSTANT: api.TIMESTAMP,
    DATE: api.DATE,
    BOOLEAN: api.BOOLEAN,
    CODE: api.UINTEGER,
  };
  const converters: Readonly<Record<SqlType | 'CODE', (value: never) => DuckDBValue>> = {
    TEXT: (value: string) => value,
    INTEGER: (value: number) => BigInt(value),
    DECIMAL: (value: string) => new api.DuckDBDecimalValue(microsOf(value), 38, 6),
    INSTANT: (value: number) => new api.DuckDBTimestampValue(BigInt(value)),
    DATE: (value: number) => new api.DuckDBDateValue(value),
    BOOLEAN: (value: boolean) => value,
    CODE: (value: number) => value,
  };
  const appender = await session.connection.createAppender(table, factSchema);
  const types = [api.UINTEGER, ...columns.map(({ type }) => chunkTypes[type])];
  for (let from = 0; from < rows; from += chunkRows) {
    const length = Math.min(chunkRows, rows - from);
    const chunk: DuckDBDataChunk = api.DuckDBDataChunk.create(types, length);
    chunk.setColumnValues(
      0,
      Array.from({ length }, (_each, index) => firstRow + from + index),
    );
    for (const [index, { type, values }] of columns.entries()) {
      const convert = converters[type] as (value: unknown) => DuckDBValue;
      const part = Array.from(values.slice(from, from + length) as SqlValues, (value) =>
        value === null ? null : convert(value),
      );
      chunk.setColumnValues(index + 1, part);
    }
    appender.appendDataChunk(chunk);
  }
  appender.closeSync();
};

/** A decimal text with at most 6 digits behind the point, in millionths. */
const microsOf = (text: string): bigint => {
  const [units = '', fraction = ''] = text.split('.');
  return BigInt(units.replace('-', '') + fraction.padEnd(6, '0')) * (text.startsWith('-') ? -1n : 1n);
};

export const appendFacts = (session: DuckdbSession, input: SqlTasks['append']['input']): Promise<void> => {
  const { table, columns, firstRow, rows, values } = input;
  const typed = columns.map(({ type }, index) => ({ type, values: values[index] as SqlValues }));
  return appendRows(session, table, { columns: typed, firstRow, rows });
};

export const createStateTable = async (
  session: DuckdbSession,
  { table, columns, facts, sequence }: SqlTasks['createState']['input'],
): Promise<void> => {
  const rows = columns[0]?.codes.length ?? 0;
  if (sequence !== null) await checkRows(session, { facts, sequence, rows });
  await createTable(session, table, [
    `${rowColumn} UINTEGER`,
    ...columns.map(({ name }) => `${identifier(name)} UINTEGER`),
  ]);
  const codes = columns.map(({ codes: values }) => ({ type: 'CODE' as const, values }));
  await appendRows(session, table, { columns: codes, firstRow: 0, rows });
  for (const { name, type, labels } of columns) {
    const target = labelTable(table, name);
    await createFactTable(session, { table: target, columns: [{ name: 'label', type }] });
    const values = [{ type, values: labels }];
    await appendRows(session, target, { columns: values, firstRow: 0, rows: labels.length });
  }
};

/** Codes belong to rows by their position, and may come from elsewhere: with one too few, all would be those of others. */
const checkRows = async (
  session: DuckdbSession,
  { facts, sequence, rows }: { readonly facts: string; readonly sequence: number; readonly rows: number },
): Promise<void> => {
  const [[count] = []] = await session.rows(`select count(*) from ${qualified(facts)} where seq <= ${sequence}`);
  if (Number(count) !== rows) throw new Error(`${facts} has ${count} rows up to ${sequence}, its columns have ${rows}`);
};

export const dropStateTable = async (
  session: DuckdbSession,
  { table, columns }: SqlTasks['dropState']['input'],
): Promise<void> => {
  for (const name of [table, ...columns.map((column) => labelTable(table, column))])
    await session.run(`drop table if exists ${qualified(name)}`);
};

export const isStateColumn = (columns: readonly SqlColumn[], name: string): boolean =>
  columns.some((column) => column.name === name);
