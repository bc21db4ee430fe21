/** One line of CSV without its end (RFC 4180): cells that hold a comma, a quote or a line break are quoted; null is empty. */
export const csvLine = (cells: readonly (string | number | boolean | null)[]): string =>
  cells.map((cell) => cellOf(cell === null ? '' : String(cell))).join(',');

const cellOf = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** What spreadsheets read as the beginning of a formula: https://owasp.org/www-community/attacks/CSV_Injection */
const formulaStart = /^[=+\-@\t\r]/;

/** Text that begins like a formula gets an apostrophe in front, so that spreadsheets show it as text; other text is unchanged. */
export const formulaSafe = (text: string): string => (formulaStart.test(text) ? `'${text}` : text);
