import { formatDays, formatInstant } from '../../../src/lib/time.ts';
import { ColumnFile, type FileColumn, isMissing } from '../column-files/column-file.ts';
import { fieldNames } from '../parquet-layout.ts';
import type { StagedColumn, StagedRows } from './staged-rows.ts';
import { StagingWriter } from './staging.ts';

/** A column file to convert, and the staging file to write. */
export interface ConvertRequest {
  readonly columnFile: string;
  readonly staged: string;
}

/** How cells were read when files of this kind were written. */
const reading = { decimal: '.', thousands: '', dateOrder: null, nullMarkers: null, notes: [] } as const;

/** Writes the rows of a column file in canonical text, with their lines, imports and misfits. */
export const stageColumnFile = ({ columnFile, staged }: ConvertRequest): StagedRows => {
  const file = new ColumnFile(columnFile);
  const writer = new StagingWriter(staged, file.columns.length);
  try {
    const wholeDigits = writeRows(file, writer);
    writer.finish();
    const fields = fieldNames(file.columns.map(({ name }) => name));
    const columns = file.columns.map(
      ({ wide: _, ...column }, index): StagedColumn => ({
        ...column,
        reading,
        precision: (wholeDigits[index] as number) + column.scale,
        field: fields[index] as string,
        isAscii: writer.isAscii[index] as boolean,
        hasEscapes: writer.hasEscapes[index] as boolean,
      }),
    );
    const { lineBytesMax } = writer;
    return { columns, rowCount: file.rowCount, lineBytesMax, parts: [{ path: staged, lineOffset: 0 }] };
  } catch (error) {
    writer.close();
    throw error;
  } finally {
    file.close();
  }
};

/** Returns for each column the most digits before the point of its numbers. */
const writeRows = (file: ColumnFile, writer: StagingWriter): number[] => {
  const misfits = file.misfits();
  const wholeDigits = file.columns.map(({ type }): number => (type === 'INTEGER' || type === 'DECIMAL' ? 1 : 0));
  for (const { columns, firstRow, lines, importIds } of file.chunks())
    for (let at = 0; at < lines.length; at += 1) {
      const cells = file.columns.map((column, index) => {
        const value = (columns[index] as readonly string[])[at] as string | number | bigint;
        if (isMissing(value)) return '';
        const text = textOf(column, value);
        if (wholeDigits[index] !== 0)
          wholeDigits[index] = Math.max(wholeDigits[index] as number, text.replace(/^-|\..*/g, '').length);
        return text;
      });
      const texts = misfits.get(firstRow + at);
      writer.add({
        cells,
        line: lines[at] as number,
        importId: importIds[at] as number,
        misfits: texts ? JSON.stringify(texts) : '',
      });
    }
  return wholeDigits;
};

/** The canonical text of a stored value. */
const textOf = ({ type, scale }: FileColumn, value: string | number | bigint): string => {
  switch (type) {
    case 'DECIMAL':
      return scaled(value, scale);
    case 'BOOLEAN':
      return value === 1 ? 'true' : 'false';
    case 'DATE':
      return formatDays(Number(value));
    case 'DATE_TIME':
      return formatInstant(Number(value));
    default:
      return String(value);
  }
};

/** `digits` × 10^-`scale` in plain notation. */
const scaled = (digits: string | number | bigint, scale: number): string => {
  if (scale === 0) return String(digits);
  const text = String(digits);
  const sign = text.startsWith('-') ? '-' : '';
  const padded = text.slice(sign.length).padStart(scale + 1, '0');
  return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
};
