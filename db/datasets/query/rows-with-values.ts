import { DomainError } from '../../../src/errors.ts';
import { countedColumns } from '../build/merge.ts';
import { type DuckdbSession, identifier, literal } from '../duckdb.ts';
import type { CellValue, StoredTable } from '../engine.ts';
import { copyOptions, importField, lineField, misfitField, rowBytesOf } from '../parquet-layout.ts';
import { storedLiteral } from './literals.ts';
import { type Expression, Parameters, Source } from './source.ts';

/** The number of rows with any of the values. `file` of the table is a path. */
export const countRowsWith = async (
  session: DuckdbSession,
  table: StoredTable,
  values: readonly CellValue[],
): Promise<number> => {
  const { source, parameters, condition } = conditionOf(table, values);
  const [row] = await session.rows(`select count(*) from ${source.from} where ${condition}`, parameters.values);
  return Number(row?.[0] ?? 0);
};

/**
 * Writes the rows without any of the values to another file, in their order. `file` of the table and `target` are paths.
 * Returns what the other file holds.
 */
export const writeRowsWithout = async (
  session: DuckdbSession,
  table: StoredTable,
  values: readonly CellValue[],
  target: string,
): Promise<Pick<StoredTable, 'columns' | 'rowCount'>> => {
  const { source, parameters, condition } = conditionOf(table, values);
  const misfits = table.columns.flatMap((column, index) => (column.misfits > 0 ? [misfitField(index)] : []));
  const fields = [...table.columns.map(({ field }) => field), lineField, importField, ...misfits].map(identifier);
  const rows = `select ${fields.join(', ')} from ${source.from} where (${condition}) is not true`;
  const options = copyOptions(await rowBytesOf(session, table.file));
  await session.run(`copy (${rows}) to ${literal(target)} (${options})`, parameters.values);
  return countedColumns(session, target, table.columns);
};

const conditionOf = (table: StoredTable, values: readonly CellValue[]) => {
  const source = new Source(table);
  const parameters = new Parameters();
  const tests = values.flatMap(({ column, text }) => testsOf(source.expression(column), text, parameters));
  return { source, parameters, condition: tests.length === 0 ? 'false' : `(${tests.join(' or ')})` };
};

/** A cell has a text when a file with it there would be read as this cell: as a value of the type, or as a misfit. */
const testsOf = (expression: Expression, text: string, parameters: Parameters): string[] => {
  const { type, sql, misfit } = expression;
  const tests = misfit === null ? [] : [`${misfit} = ${parameters.add(text, 'VARCHAR')}`];
  if (type === 'STRING') return [...tests, `${sql} = ${parameters.add(text, 'VARCHAR')}`];
  if (type === 'STRING_LIST') return [...tests, `list_contains(${sql}, ${parameters.add(text, 'VARCHAR')})`];
  // A filter reads 1 as true, a file does not: nobody who names 1 means all rows that say true.
  if (type === 'BOOLEAN' && !/^\s*(?:true|false)\s*$/i.test(text)) return tests;
  try {
    const stored = storedLiteral(expression, text);
    if (stored.beyond !== null || stored.isBetween) return tests;
    return [...tests, `${sql} = ${parameters.add(stored.text, stored.type)}`];
  } catch (error) {
    if (error instanceof DomainError) return tests;
    throw error;
  }
};
