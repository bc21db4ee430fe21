/** One line of CSV without its end (RFC 4180): cells that hold a comma, a quote or a line break are quoted; null is empty. */
export const csvLine = (cells: readonly (string | number | boolean | null)[]): string =>
  cells.map((cell) => cellOf(cell === null ? '' : String(cell))).join(',');

const cellOf = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
