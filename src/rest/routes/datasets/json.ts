import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import type { DatasetRow } from '../../../domains/datasets/datasets.ts';
import type { Cell } from '../../../lib/cell-text.ts';

/** Decimals and long whole numbers are texts internally; JSON has them as exact numbers. */
const cellJson = (cell: Cell, type: string): string =>
  typeof cell === 'string' && (type === 'DECIMAL' || type === 'INTEGER') ? cell : JSON.stringify(cell);

/** Writes rows of a version as JSON text: a JavaScript object would lose `__proto__` and reorder names such as `7`. */
export const rowWriter = ({ columns }: DatasetVersion): ((row: DatasetRow) => string) => {
  const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  return ({ cells }) =>
    `{${cells.map((cell, index) => `${keys[index]}${cellJson(cell, columns[index]?.type ?? '')}`).join(',')}}`;
};
