import type { CsvRow, CsvSyntax, RowFault, TextSpan } from './csv-row.ts';
import { faultyRow } from './csv-row.ts';
import { undecodable } from './encoding.ts';

export interface RowRules {
  /** How many cells a row has; null accepts any number. */
  readonly columns: number | null;
  readonly recordBytesMax: number;
}

/** Whether a line holds nothing but blanks, or the mark that ends a text of DOS. */
export const isBlank = ({ text, start, end }: TextSpan): boolean =>
  start === end || text.slice(start, end).replaceAll('\x1a', '').trim() === '';

export const tooLong = (bytes: number, { recordBytesMax }: RowRules): RowFault => ({
  code: 'OUT_OF_RANGE',
  message: `the record has ${bytes} bytes, over the limit recordBytesMax of ${recordBytesMax}`,
});

/** Cells that are empty beyond the last column come from rows that end in a delimiter. */
const dropSurplus = (cells: string[], columns: number): void => {
  while (cells.length > columns && cells[cells.length - 1] === '') cells.pop();
};

/**
 * Why a row is refused; null when it is not. Empty cells beyond the last column are removed. A suspect text may hold
 * undecodable bytes or NULs.
 */
export const faultOf = (
  { text, start, end }: TextSpan,
  result: string[] | RowFault,
  rules: RowRules & Pick<CsvSyntax, 'encoding'>,
  isSuspect: boolean,
): RowFault | null => {
  const { columns, recordBytesMax } = rules;
  // A UTF-16 code unit is at most three bytes of UTF-8.
  if ((end - start) * 3 > recordBytesMax) {
    const bytes = Buffer.byteLength(text.slice(start, end));
    if (bytes > recordBytesMax) return tooLong(bytes, rules);
  }
  if (isSuspect) {
    const raw = text.slice(start, end);
    if (!raw.isWellFormed()) return { code: 'MALFORMED', message: undecodable(rules.encoding) };
    if (raw.includes('\0')) return { code: 'MALFORMED', message: 'the row contains a NUL character' };
  }
  if (!Array.isArray(result)) return result;
  if (columns === null || result.length === columns) return null;
  dropSurplus(result, columns);
  if (result.length === columns) return null;
  return { code: 'MALFORMED', message: `the row has ${result.length} cells, the header ${columns}` };
};

export const refuse = (line: number, { text, start, end }: TextSpan, fault: RowFault, rules: RowRules): CsvRow => {
  const raw = text.slice(start, end);
  if (fault.code !== 'OUT_OF_RANGE') return faultyRow(line, raw, fault);
  const head = Buffer.from(raw.slice(0, rules.recordBytesMax)).subarray(0, rules.recordBytesMax);
  // In stream mode the decoder omits a character that the cut has split.
  return faultyRow(line, new TextDecoder().decode(head, { stream: true }), fault);
};
