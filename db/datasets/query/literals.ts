import { DomainError } from '../../../src/errors.ts';
import { CellReader } from '../../../src/lib/cells/cell-reader.ts';
import { preview } from '../../../src/lib/problems.ts';
import type { Literal } from '../engine.ts';
import type { Expression } from './source.ts';

/** A value as a column stores it, or the next lower value where it lies between two that the column can store. */
export interface StoredLiteral {
  /** Text that DuckDB casts to the type. */
  readonly text: string;
  readonly type: string;
  readonly isBetween: boolean;
  /** Whether it lies beyond all values that the column can store. */
  readonly beyond: 'above' | 'below' | null;
}

const forms = {
  STRING: 'text',
  INTEGER: 'a whole number',
  DECIMAL: 'a decimal number like 19.99',
  FLOAT: 'a number',
  BOOLEAN: 'true or false',
  DATE: 'a date like 2020-02-03',
  DATE_TIME: 'a date and time like 2020-02-03T10:00:00Z',
  STRING_LIST: 'text',
} as const;

/** The error for a value whose type does not match the column. */
export const wrongType = ({ name, type }: Pick<Expression, 'name' | 'type'>, value: Literal): DomainError => {
  const message = `${JSON.stringify(name)} is ${type}: it is compared with ${forms[type]}, not ${preview(value)}`;
  return new DomainError('BAD_REQUEST', message, { problems: [{ path: name, code: 'WRONG_TYPE', message }] });
};

const numberForm = /^-?(?:\d{1,400}(?:\.\d{1,400})?|\.\d{1,400})$/;
const floatForm = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const booleans: Readonly<Record<string, string>> = { true: 'true', false: 'false', '1': 'true', '0': 'false' };

/** Parses a value for a column that is not text. Throws BAD_REQUEST naming the column. */
export const storedLiteral = (column: Expression, value: Literal): StoredLiteral => {
  const text = String(value).trim();
  const exactly = (stored: string | null | undefined, type: string): StoredLiteral => {
    if (stored === null || stored === undefined) throw wrongType(column, value);
    return { text: stored, type, isBetween: false, beyond: null };
  };
  switch (column.type) {
    case 'BOOLEAN':
      return exactly(booleans[text.toLowerCase()], 'BOOLEAN');
    case 'DATE':
      return exactly(timeText('DATE', text), 'DATE');
    case 'DATE_TIME':
      return exactly(timeText('DATE_TIME', text), 'TIMESTAMP');
    case 'FLOAT':
      return exactly(floatForm.test(text) && Number.isFinite(Number(text)) ? text : null, 'DOUBLE');
    default:
      return scaledLiteral(column, value, text);
  }
};

/** A date or instant as in a file, but never in the order of one file's dates. */
const timeText = (type: 'DATE' | 'DATE_TIME', text: string): string | null | undefined => {
  const reading = { decimal: '.', thousands: '', dateOrder: null, nullMarkers: [], notes: [] } as const;
  return new CellReader({ type, precision: 0, scale: 0, isExplicit: true, reading }).read(text);
};

const scaledLiteral = (column: Expression, value: Literal, text: string): StoredLiteral => {
  // A JSON number such as 1e21 or 1e-7 has an exponent.
  const plain = typeof value === 'number' && text.includes('e') ? withoutExponent(text) : text;
  if (!numberForm.test(plain)) throw wrongType(column, value);
  const { scale } = column;
  const [whole = '', fraction = ''] = plain.split('.');
  const digits = BigInt(`${whole.replace('-', '')}${fraction}` || '0');
  const signed = plain.startsWith('-') ? -digits : digits;
  const more = scale - fraction.length;
  const by = 10n ** BigInt(Math.max(0, -more));
  const raised = signed * 10n ** BigInt(Math.max(0, more));
  const isBetween = raised % by !== 0n;
  const lower = raised / by - (isBetween && raised < 0n ? 1n : 0n);
  const { precision, type } = numberType(column);
  const limit = 10n ** BigInt(precision);
  const beyond = lower >= limit ? 'above' : lower <= -limit ? 'below' : null;
  return { text: scaledText(lower, scale), type, isBetween, beyond };
};

/** The type of the literals of a column; BIGINT holds 18 digits and more, which an INTEGER of 18 digits never has. */
const numberType = ({ type, precision, scale }: Expression): { precision: number; type: string } => {
  if (type === 'INTEGER' && precision <= 18) return { precision: 18, type: 'BIGINT' };
  const digits = Math.max(precision, 1);
  return { precision: digits, type: `DECIMAL(${digits}, ${scale})` };
};

const withoutExponent = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text) ?? [];
  const point = whole.length + Number(exponent);
  const digits = `${whole}${fraction}`;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits.padEnd(point, '0')}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
};

/** Whole digits with a point before the last `scale` ones. */
const scaledText = (digits: bigint, scale: number): string => {
  const size = digits < 0n ? -digits : digits;
  const padded = String(size).padStart(scale + 1, '0');
  const sign = digits < 0n ? '-' : '';
  return scale === 0 ? `${sign}${padded}` : `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`;
};
