import type { ColumnPlan } from './cells.ts';
import { formatInstant } from './time.ts';
import { formatDays } from './written-dates.ts';

/** The content of a cell as it is told: decimals, and whole numbers beyond 2^53, are text; dates are ISO text. */
export type Cell = string | number | boolean | null | readonly string[];

/** The shortest spelling of a whole number of `scale` decimal places. */
export const formatScaled = (digits: bigint | number, scale: number): string => {
  const text = String(digits);
  if (scale === 0) return text;
  const sign = text.startsWith('-') ? '-' : '';
  const padded = text.slice(sign.length).padStart(scale + 1, '0');
  const fraction = padded.slice(-scale).replace(/0+$/, '');
  return `${sign}${padded.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
};

/** What a kept value says. */
export const decodeCell = ({ type, scale }: ColumnPlan, kept: string | number | bigint): Cell => {
  switch (type) {
    case 'STRING':
      return kept as string;
    case 'STRING_LIST':
      return JSON.parse(kept as string) as string[];
    case 'INTEGER':
      return Number.isSafeInteger(Number(kept)) ? Number(kept) : String(kept);
    case 'DECIMAL':
      return formatScaled(kept as number | bigint, scale);
    case 'FLOAT':
      return kept as number;
    case 'BOOLEAN':
      return kept === 1;
    case 'DATE':
      return formatDays(kept as number);
    case 'DATE_TIME':
      return formatInstant(kept as number);
  }
};

/** A cell as a CSV file spells it: what is read back as the same. */
export const formatCell = (cell: Cell): string =>
  cell === null ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
