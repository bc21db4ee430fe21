import type { PositionPattern } from './number-column.ts';

/** A dimension as a column of codes: each row has a code, an integer from 0, below 2^26. */
export interface CodedRows {
  codeOf(row: number): number;
  /** Writes the codes of many rows at once; without it, they are read one by one. */
  readonly readCodes?: ReadCodes | undefined;
}

/** Writes one code for each row; `codes` has room for them. */
export type ReadCodes = (rows: Uint32Array, codes: Uint32Array, pattern?: PositionPattern) => void;

export const readCodesOf = (
  coded: CodedRows,
  rows: Uint32Array,
  codes: Uint32Array,
  pattern?: PositionPattern,
): void => {
  if (coded.readCodes) coded.readCodes(rows, codes, pattern);
  else if (pattern === 'RUN') readCodesOfRun(coded, rows, codes);
  else for (let index = 0; index < rows.length; index++) codes[index] = coded.codeOf(rows[index] as number);
};

const readCodesOfRun = ({ codeOf }: CodedRows, rows: Uint32Array, codes: Uint32Array): void => {
  const [first = 0] = rows;
  for (let index = 0; index < rows.length; index++) codes[index] = codeOf(first + index);
};
