/** A cell of RFC 4180: in quotes where its text would end it. */
const csvCell = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** CSV of RFC 4180 with a header line; every line ends with CRLF. A single empty cell is quoted: a blank line is no row. */
export const csvText = (header: readonly string[], rows: readonly (readonly string[])[]): string =>
  [header, ...rows]
    .map((cells) => (cells.length === 1 && cells[0] === '' ? '""' : cells.map(csvCell).join(',')))
    .map((line) => `${line}\r\n`)
    .join('');

/** The title of a chart or table as the name of a file: `revenue-by-city`. */
export const fileNameOf = (title: string, extension: string): string => {
  const name = title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .slice(0, 60)
    .replace(/^-+|-+$/g, '');
  return `${name === '' ? 'table' : name}.${extension}`;
};
