import type { DatasetVersion } from '../../../domains/datasets/columns.ts';
import type { DatasetRow } from '../../../domains/datasets/datasets.ts';
import type { Cell } from '../../../lib/cell-text.ts';

/** Decimals and long whole numbers are text inside, and numbers in JSON, written exactly. */
const cellJson = (cell: Cell, type: string): string =>
  typeof cell === 'string' && (type === 'DECIMAL' || type === 'INTEGER') ? cell : JSON.stringify(cell);

/** Writes rows of a version as JSON objects. As text, because an object loses `__proto__` and moves names like `7`. */
export const rowWriter = ({ columns }: DatasetVersion): ((row: DatasetRow) => string) => {
  const keys = columns.map(({ name }) => `${JSON.stringify(name)}:`);
  return ({ cells }) =>
    `{${cells.map((cell, place) => `${keys[place]}${cellJson(cell, columns[place]?.type ?? '')}`).join(',')}}`;
};
