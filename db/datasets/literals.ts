import { DomainError } from '../../src/errors.ts';
import type { DatasetColumn } from '../../src/lib/cells.ts';
import { preview } from '../../src/lib/problems.ts';
import { parseInstant } from '../../src/lib/time.ts';
import { parseWrittenDate } from '../../src/lib/written-dates.ts';
import type { Literal } from './engine.ts';

/** A literal as a numeric column stores it; the lower neighbour when it lies between two storable values. */
export interface NumericLiteral {
  readonly stored: number | bigint;
  readonly isBetween: boolean;
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

/** The error for a literal whose type does not match the column. */
export const wrongType = ({ name, type }: DatasetColumn, value: Literal): DomainError => {
  const message = `${JSON.stringify(name)} is ${type}: it is compared with ${forms[type]}, not ${preview(value)}`;
  return new DomainError('BAD_REQUEST', message, { problems: [{ path: name, code: 'WRONG_TYPE', message }] });
};

const numberForm = /^-?(?:\d{1,400}(?:\.\d{1,400})?|\.\d{1,400})$/;
const floatForm = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$/;
const booleans: Readonly<Record<string, number>> = { true: 1, false: 0, '1': 1, '0': 0 };

/** Parses a literal by the type of a numeric column. Throws BAD_REQUEST naming the column. */
export const parseNumericLiteral = (column: DatasetColumn, value: Literal): NumericLiteral => {
  const text = String(value).trim();
  const exactly = (stored: number | null | undefined): NumericLiteral => {
    if (stored === null || stored === undefined || !Number.isFinite(stored)) throw wrongType(column, value);
    return { stored, isBetween: false };
  };
  switch (column.type) {
    case 'BOOLEAN':
      return exactly(booleans[text.toLowerCase()]);
    case 'DATE':
      return exactly(parseWrittenDate(text));
    case 'DATE_TIME': {
      const days = parseWrittenDate(text);
      return exactly(days === null ? parseInstant(text) : days * 86_400_000_000);
    }
    case 'FLOAT':
      return exactly(floatForm.test(text) ? Number(text) : null);
    default:
      return parseScaled(column, value, text);
  }
};

const parseScaled = (column: DatasetColumn, value: Literal, text: string): NumericLiteral => {
  // A JSON number such as 1e21 has an exponent.
  const plain = typeof value === 'number' && text.includes('e') ? BigInt(Math.round(value)).toString() : text;
  if (!numberForm.test(plain)) throw wrongType(column, value);
  const [whole = '', fraction = ''] = plain.split('.');
  const digits = BigInt(`${whole.replace('-', '')}${fraction}` || '0');
  const signed = plain.startsWith('-') ? -digits : digits;
  const more = column.scale - fraction.length;
  if (more >= 0) return clampToStored(column, signed * 10n ** BigInt(more), false);
  const by = 10n ** BigInt(-more);
  const lower = signed / by - (signed % by < 0n ? 1n : 0n);
  return clampToStored(column, lower, signed % by !== 0n);
};

const wideLimit = 2n ** 63n - 1n;

const clampToStored = ({ wide }: DatasetColumn, exact: bigint, isBetween: boolean): NumericLiteral => {
  if (!wide) {
    const stored = Number(exact);
    // Beyond the safe integers no cell is equal, and any neighbour compares the same.
    return { stored, isBetween: isBetween || !Number.isSafeInteger(stored) };
  }
  if (exact > wideLimit) return { stored: wideLimit, isBetween: true };
  if (exact < -wideLimit) return { stored: -wideLimit - 1n, isBetween: true };
  return { stored: exact, isBetween };
};
