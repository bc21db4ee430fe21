import { stat } from 'node:fs/promises';
import { type DuckdbSession, identifier, literal } from '../duckdb.ts';
import { copyOptions, importField, lineField, misfitField, storedType } from '../parquet-layout.ts';
import type { StagedColumn } from './stage.ts';
import { cellEnd, stagedEscapes } from './staging.ts';

/** A staging file. */
export interface StagedFile {
  readonly path: string;
  readonly columns: readonly StagedColumn[];
  readonly rowCount: number;
  readonly lineBytesMax: number;
}

/** Writes the rows of a staging file to a Parquet file, in their order. */
export const writeStaged = async (session: DuckdbSession, staged: StagedFile, target: string): Promise<void> => {
  const { columns } = staged;
  const values = columns.map((column, index) => `${stagedValue(column, index)} as ${identifier(column.field)}`);
  const misfits = columns.flatMap(({ misfits: count }, index) =>
    count > 0 ? [`misfits->>'$."${index}"' as ${identifier(misfitField(index))}`] : [],
  );
  const select = [...values, `line as ${identifier(lineField)}`, `import as ${identifier(importField)}`, ...misfits];
  const { size } = await stat(staged.path);
  await session.run(
    `copy (select ${select.join(', ')} from ${stagedTable(staged)}) to ${literal(target)}
      (${copyOptions(size / Math.max(1, staged.rowCount))})`,
  );
};

const stagedTable = ({ path, columns, lineBytesMax }: StagedFile): string => {
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
    `max_line_size = ${lineBytesMax}`,
    `columns = {${types.join(', ')}}`,
  ];
  return `read_csv(${literal(path)}, ${options.join(', ')})`;
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
