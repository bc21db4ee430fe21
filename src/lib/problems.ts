import type { FieldProblem, ProblemCode } from '../errors.ts';
import type { Decimal } from './decimal.ts';
import { parseAmount } from './decimal.ts';
import { ExactNumber, numberText } from './exact-json.ts';
import type { FieldReader, InstantReader } from './field-reader.ts';
import type { IpAddress } from './ip.ts';
import { parseIp } from './ip.ts';
import type { RecordCells, WrittenCell } from './record-cells.ts';
import { isTextId, textId, textIdLengthMax } from './text-id.ts';
import { formatInstant, instantMaxUs, instantMinUs, parseInstant } from './time.ts';

const previewLengthMax = 80;

/** A value for a message: text in quotes, everything limited to 80 characters. */
export const preview = (value: unknown): string => {
  const number = numberText(value);
  if (number !== null) return number.slice(0, previewLengthMax);
  if (typeof value === 'string') {
    const cut =
      value.length > previewLengthMax ? `${value.slice(0, previewLengthMax).toWellFormed()}…` : value.toWellFormed();
    return JSON.stringify(cut);
  }
  if (value instanceof ExactNumber) return value.text.slice(0, previewLengthMax);
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
};

type FieldResult<T> = { value: T } | { code: ProblemCode; message: string };

const wrongType = (expected: string, value: unknown): FieldResult<never> => ({
  code: 'WRONG_TYPE',
  message: `must be ${expected}, not ${preview(value)}`,
});

const idOf = (value: unknown): FieldResult<string> => {
  const id = textId(value);
  if (id !== null) return { value: id };
  if (typeof value !== 'string' && numberText(value) === null) return wrongType('text or a number', value);
  const rule = `must be 1 to ${textIdLengthMax} characters of well-formed text without NUL`;
  return { code: 'MALFORMED', message: `${rule}, not ${preview(value)}` };
};

const textOf = (value: unknown): FieldResult<string> => {
  if (typeof value !== 'string') return wrongType('text', value);
  if (value.isWellFormed() && !value.includes('\0')) return { value };
  return { code: 'MALFORMED', message: `must be well-formed text without NUL, not ${preview(value)}` };
};

const instantOf = (
  value: unknown,
  written: (text: string) => WrittenCell | null,
  readOther: InstantReader | undefined,
): FieldResult<number> => {
  const text = typeof value === 'string' ? value : readOther ? numberText(value) : null;
  if (text === null) return wrongType(`a date and time as text${readOther ? ' or a number' : ''}`, value);
  const atUs = parseInstant(text);
  if (atUs !== null) return { value: atUs };
  const cell = typeof value === 'string' ? written(text) : null;
  if (cell?.problem !== undefined) return { code: 'MALFORMED', message: `${cell.problem} (${preview(value)})` };
  const read = (readOther ?? readUsualInstant)(cell?.text ?? text);
  if (read.atUs !== undefined) return { value: read.atUs };
  return { code: 'MALFORMED', message: `${read.problem}, not ${preview(value)}` };
};

const readUsualInstant: InstantReader = (text) => {
  const atUs = parseInstant(text);
  if (atUs !== null) return { atUs };
  const span = `${formatInstant(instantMinUs).slice(0, 10)} to ${formatInstant(instantMaxUs).slice(0, 10)}`;
  return { problem: `must be a date and time like 2017-01-31T10:00:00Z from ${span}` };
};

const decimalOf = (value: unknown, written: (text: string) => WrittenCell | null): FieldResult<Decimal> => {
  const cell = typeof value === 'string' ? written(value) : null;
  if (cell?.problem !== undefined) return { code: 'MALFORMED', message: `${cell.problem} (${preview(value)})` };
  const text = typeof value === 'string' ? (cell?.text ?? value) : numberText(value);
  if (text === null && !(value instanceof ExactNumber)) return wrongType('a decimal number', value);
  const decimal = text === null ? null : parseAmount(text);
  if (decimal !== null) return { value: decimal };
  if (text !== null && !/^-?\d+(?:\.\d+)?$/.test(text)) {
    return { code: 'MALFORMED', message: `must be a decimal number like 220.50, not ${preview(value)}` };
  }
  const limits = 'must have at most 15 digits, 6 of them after the point';
  return { code: 'OUT_OF_RANGE', message: `${limits}, not ${preview(value)}` };
};

type IntegerRange = Readonly<Record<'min' | 'max', number>>;

const integerOf = (
  value: unknown,
  { min, max }: IntegerRange,
  written: (text: string) => WrittenCell | null,
): FieldResult<number> => {
  // A spreadsheet has rounded what it shows with an exponent.
  const cell = typeof value === 'string' && !/e/i.test(value) ? written(value) : null;
  if (cell?.problem !== undefined) return { code: 'MALFORMED', message: `${cell.problem} (${preview(value)})` };
  const text = typeof value === 'string' ? (cell?.text ?? value) : numberText(value);
  if (text === null || !/^-?\d{1,400}$/.test(text)) return wrongType('a whole number', value);
  const integer = Number(text);
  if (integer >= min && integer <= max) return { value: integer === 0 ? 0 : integer };
  return { code: 'OUT_OF_RANGE', message: `must be from ${min} to ${max}, not ${preview(value)}` };
};

const ipOf = (value: unknown): FieldResult<IpAddress> => {
  if (typeof value !== 'string') return wrongType('an IP address as text', value);
  const ip = parseIp(value);
  return ip === null
    ? { code: 'MALFORMED', message: `must be an IPv4 or IPv6 address, not ${preview(value)}` }
    : { value: ip };
};

const choiceOf = <T>(value: unknown, choices: Readonly<Record<string, T>>, face: RecordFace): FieldResult<T> => {
  if (typeof value !== 'string') return wrongType('text', value);
  if (Object.hasOwn(choices, value)) return { value: choices[value] as T };
  return {
    code: 'NOT_ALLOWED',
    message: `must be one of ${Object.keys(choices).map(face.wordOf).join(', ')}, not ${preview(value)}`,
  };
};

/** What a sender calls the fields of the wire format and the words in them, such as a status. */
export interface RecordFace {
  fieldOf(field: string): string;
  wordOf(word: string): string;
}

/** The face of REST and of files. */
export const wireFace: RecordFace = { fieldOf: (field) => field, wordOf: (word) => word };

/** The value that was read, or all problems. */
export type ReadResult<T> = { value: T; problems?: never } | { value?: never; problems: FieldProblem[] };

/** The values of those that have one. */
export const valuesOf = <T>(results: readonly ReadResult<T>[]): T[] =>
  results.filter(({ problems }) => !problems).map(({ value }) => value as T);

const isAbsent = (value: unknown): boolean => value === undefined || value === null || value === '';

/** What is known of a record besides its fields. */
export interface RecordContext {
  /** How the cells of the record's file are read; absent for records that no file holds. */
  readonly cells?: RecordCells | undefined;
  /** Whether a text is a value of a field although it is also written for a missing one. */
  readonly isWord?: ((name: string, text: string) => boolean) | undefined;
  /** The names in problems; default: those of the wire format. */
  readonly face?: RecordFace | undefined;
}

/**
 * Reads one record: `readRecord(value, (fields) => ({ userId: fields.id('user_id'), atUs: fields.instant('at') }))`.
 * Other fields are ignored. It throws nothing and collects all problems.
 */
export const readRecord = <T>(
  record: unknown,
  read: (fields: FieldReader) => T,
  context: RecordContext = {},
): ReadResult<T> => {
  if (typeof record !== 'object' || record === null || Array.isArray(record) || record instanceof ExactNumber) {
    const message = `a record must be an object, not ${preview(record)}`;
    return { problems: [{ path: '', code: 'WRONG_TYPE', message }] };
  }
  const fields = new RecordFields(record as Readonly<Record<string, unknown>>, context);
  const value = read(fields);
  return fields.problems.length === 0 ? { value } : { problems: fields.problems };
};

/** A class, because importing makes one for each record. */
class RecordFields implements FieldReader {
  readonly problems: FieldProblem[] = [];
  readonly #record: Readonly<Record<string, unknown>>;
  readonly #context: RecordContext;

  constructor(record: Readonly<Record<string, unknown>>, context: RecordContext) {
    this.#record = record;
    this.#context = context;
  }

  id(name: string): string {
    const value = this.#raw(name);
    if (typeof value === 'string' && isTextId(value) && !this.#isMarker(name, value)) return value;
    return this.#isPresent(name, value) ? this.#valueOf(name, idOf(value), '') : '';
  }

  text(name: string): string {
    const value = this.#raw(name);
    return this.#isPresent(name, value) ? this.#valueOf(name, textOf(value), '') : '';
  }

  instant(name: string, readOther?: InstantReader): number {
    const value = this.#raw(name);
    const atUs = typeof value === 'string' ? parseInstant(value) : null;
    if (atUs !== null && !this.#isMarker(name, value)) return atUs;
    if (!this.#isPresent(name, value)) return 0;
    return this.#valueOf(name, instantOf(value, this.#written(name), readOther), 0);
  }

  decimal(name: string): Decimal {
    const value = this.#raw(name);
    if (!this.#isPresent(name, value)) return noDecimal;
    return this.#valueOf(name, decimalOf(value, this.#written(name)), noDecimal);
  }

  asWritten(name: string, isCanonical: (text: string) => boolean): string | null {
    const value = this.#raw(name);
    const isText = typeof value === 'string';
    const text = isText ? value : numberText(value);
    if (text === null || !isCanonical(text) || this.#isMarker(name, value)) return null;
    const { cells } = this.#context;
    return isText && cells !== undefined && cells.read(name, text) !== null ? null : text;
  }

  integer(name: string, min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.#raw(name);
    if (!this.#isPresent(name, value)) return 0;
    return this.#valueOf(name, integerOf(value, { min, max }, this.#written(name)), 0);
  }

  ip(name: string): IpAddress {
    const value = this.#raw(name);
    return this.#isPresent(name, value) ? this.#valueOf(name, ipOf(value), noAddress) : noAddress;
  }

  oneOf<T>(name: string, choices: Readonly<Record<string, T>>): T {
    const value = this.#raw(name);
    // A synonym may be one of the words for a missing value.
    if (typeof value === 'string' && Object.hasOwn(choices, value)) return choices[value] as T;
    // A problem is recorded with it, so the value never leaves this function.
    const placeholder = undefined as T;
    if (!this.#isPresent(name, value)) return placeholder;
    return this.#valueOf(name, choiceOf(value, choices, this.#face), placeholder);
  }

  optional<T>(name: string, read: (name: string) => T): T | null {
    const value = this.#raw(name);
    // `read` may be a method of this reader: `fields.optional('ip', fields.ip)`.
    return isAbsent(value) || this.#isMarker(name, value) ? null : read.call(this, name);
  }

  readonly refuse: FieldReader['refuse'] = (path, code, message) => {
    this.problems.push({ path: this.#face.fieldOf(path), code, message });
  };

  get #face(): RecordFace {
    return this.#context.face ?? wireFace;
  }

  #raw(name: string): unknown {
    const value = this.#record[name];
    // What an object inherits is no text.
    return typeof value === 'string' || Object.hasOwn(this.#record, name) ? value : undefined;
  }

  #isMarker(name: string, value: unknown): boolean {
    const { cells, isWord } = this.#context;
    if (cells === undefined || typeof value !== 'string' || !cells.isMissing(value, false)) return false;
    return isWord === undefined || cells.isMissing(value, isWord(name, value));
  }

  /** How the file reads the texts of a field. */
  #written(name: string): (text: string) => WrittenCell | null {
    const { cells } = this.#context;
    return cells === undefined ? unwritten : (text) => cells.read(name, text);
  }

  #isPresent(name: string, value: unknown): boolean {
    if (isAbsent(value)) this.refuse(name, 'MISSING', `${this.#face.fieldOf(name)} is missing`);
    else if (this.#isMarker(name, value))
      this.refuse(
        name,
        'MISSING',
        `${this.#face.fieldOf(name)} is missing: ${preview(value)} stands for a missing value`,
      );
    else return true;
    return false;
  }

  #valueOf<V>(name: string, outcome: FieldResult<V>, placeholder: V): V {
    if ('value' in outcome) return outcome.value;
    this.refuse(name, outcome.code, `${this.#face.fieldOf(name)} ${outcome.message}`);
    return placeholder;
  }
}

const unwritten = (): null => null;
const noDecimal: Decimal = { units: 0, micros: 0 };
const noAddress: IpAddress = { family: 4, value: 0 };
