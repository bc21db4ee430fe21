import { stat } from 'node:fs/promises';
import { type DuckdbSession, identifier, literal } from '../duckdb.ts';
import { copyOptions, importField, lineField, misfitField, storedType } from '../parquet-layout.ts';
import type { StagedColumn, StagedRows } from './staged-rows.ts';
import { cellEnd, stagedEscapes } from './staging.ts';

/** Bytes of a staging file that are read at a time, unless a line is longer. */
const bufferBytesMin = 8_000_000;

/** Writes the rows of staging files to a Parquet file, in their order. */
export const writeStaged = async (session: DuckdbSession, staged: StagedRows, target: string): Promise<void> => {
  const { columns } = staged;
  const values = columns.map((column, index) => `${stagedValue(column, index)} as ${identifier(column.field)}`);
  const misfits = columns.flatMap(({ misfits: count }, index) =>
    count > 0 ? [`misfits->>'$."${index}"' as ${identifier(misfitField(index))}`] : [],
  );
  const select = [
    ...values,
    `${lineOf(staged.parts)} as ${identifier(lineField)}`,
    `import as ${identifier(importField)}`,
    ...misfits,
  ];
  const sizes = await Promise.all(staged.parts.map(async ({ path }) => (await stat(path)).size));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  await session.run(
    `copy (select ${select.join(', ')} from ${stagedTable(staged)}) to ${literal(target)}
      (${copyOptions(bytes / Math.max(1, staged.rowCount))})`,
  );
};

/** The line of a row in the file that was read: staging files after the first number lines of their own. */
const lineOf = (parts: StagedRows['parts']): string => {
  if (parts.length === 1) return `line + ${parts[0]?.lineOffset}`;
  const offsets = parts.map(({ path, lineOffset }) => `when ${literal(path)} then ${lineOffset}`);
  return `line + case filename ${offsets.join(' ')} else error('a staging file has no number of its first line') end`;
};

const stagedTable = ({ parts, columns, lineBytesMax }: StagedRows): string => {
  const types = [
    `'line': 'BIGINT'`,
    `'import': 'BIGINT'`,
    ...columns.map((column, index) => `'c${index}': ${literal(readType(column))}`),
    `'misfits': 'VARCHAR'`,
  ];
  const options = [
    'auto_detect = false',
    'header = false',
    `delim = ${literal(cellEnd)}`,
    `quote = ''`,
    `escape = ''`,
    `comment = ''`,
    `nullstr = ''`,
    `new_line = '\\n'`,
    `max_line_size = ${Math.max(1, lineBytesMax)}`,
    // By default DuckDB allocates 16 of the longest lines for each of several files.
    `buffer_size = ${Math.max(bufferBytesMin, 2 * lineBytesMax)}`,
    `filename = ${parts.length > 1}`,
    `columns = {${types.join(', ')}}`,
  ];
  return `read_csv([${parts.map(({ path }) => literal(path)).join(', ')}], ${options.join(', ')})`;
};

/** DuckDB reads lists as JSON text. */
const readType = (column: StagedColumn): string => (column.type === 'STRING_LIST' ? 'VARCHAR' : storedType(column));

const stagedValue = ({ type, hasEscapes }: StagedColumn, index: number): string => {
  const cell = `c${index}`;
  if (type === 'STRING_LIST') return `cast(${cell} as json)::varchar[]`;
  if (!hasEscapes) return cell;
  // The escape itself last, so that what it stands for is not read as the beginning of another.
  return stagedEscapes
    .toReversed()
    .reduce((text, [character, escaped]) => `replace(${text}, ${chars(escaped)}, ${chars(character)})`, cell);
};

const chars = (text: string): string => Array.from(text, (each) => `chr(${each.charCodeAt(0)})`).join(' || ');
