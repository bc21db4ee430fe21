/** The value of a cell in responses: decimals, and whole numbers beyond 2^53, are text; dates are ISO 8601 text. */
export type Cell = string | number | boolean | null | readonly string[];

/** The shortest decimal notation of `digits` × 10^-`scale`. */
export const formatScaled = (digits: bigint | number, scale: number): string => {
  const text = String(digits);
  if (scale === 0) return text;
  const sign = text.startsWith('-') ? '-' : '';
  const padded = text.slice(sign.length).padStart(scale + 1, '0');
  const fraction = padded.slice(-scale).replace(/0+$/, '');
  return `${sign}${padded.slice(0, -scale)}${fraction === '' ? '' : `.${fraction}`}`;
};

/** A cell as CSV text, which is parsed to the same cell again. */
export const formatCell = (cell: Cell): string =>
  cell === null ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell);
