import { DomainError } from '../errors.ts';
import { TextColumn } from './text-column.ts';

type ColumnOf<R, V> = { [C in keyof R]: R[C] extends V ? C : never }[keyof R] & string;

/** Records of one table, in order: as columns, which cost a fraction of objects, or as rows. */
export interface Records<R> {
  readonly length: number;
  /** The values of declared types. */
  rows(): R[];
  /** Numbers as they are stored: 0 and 1 of a column of booleans, NaN for null. Throws DATA_DAMAGED for anything else. */
  numbers(column: ColumnOf<R, number | boolean | null>): Float64Array;
  /** Throws DATA_DAMAGED for anything but texts and null. */
  texts(column: ColumnOf<R, string | null>): TextColumn;
}

/** The stored values of one column: as they are, as JSON, or read from that. */
export type ColumnValues = readonly unknown[] | string | Float64Array | TextColumn;

export interface RecordColumnsOptions {
  readonly length: number;
  readonly columns: ReadonlyMap<string, ColumnValues>;
  /** Makes stored values those of declared types, in place; null when they are the same. */
  readonly decode?: ((row: Record<string, unknown>) => void) | null;
}

export class RecordColumns implements Records<Record<string, unknown>> {
  readonly length: number;
  readonly #columns: ReadonlyMap<string, ColumnValues>;
  readonly #decode: ((row: Record<string, unknown>) => void) | null;
  readonly #texts = new Map<string, TextColumn>();

  constructor({ length, columns, decode = null }: RecordColumnsOptions) {
    this.length = length;
    this.#columns = columns;
    this.#decode = decode;
  }

  rows(): Record<string, unknown>[] {
    const rows: Record<string, unknown>[] = Array.from({ length: this.length }, () => ({}));
    for (const [column, values] of this.#columns) {
      const list = listOf(values);
      for (let index = 0; index < rows.length; index++) (rows[index] as Record<string, unknown>)[column] = list[index];
    }
    if (this.#decode) for (const row of rows) this.#decode(row);
    return rows;
  }

  /** These records and others after them, with the same columns. */
  followedBy(others: RecordColumns): RecordColumns {
    return new RecordColumns({
      length: this.length + others.length,
      columns: new Map(
        Array.from(this.#columns, ([column, values]) => [
          column,
          [...listOf(values), ...listOf(others.#valuesOf(column))],
        ]),
      ),
      decode: this.#decode,
    });
  }

  numbers(column: string): Float64Array {
    const values = this.#valuesOf(column);
    if (typeof values === 'string') return numbersOfJson(values, this.length);
    if (values instanceof Float64Array) return values;
    return numbersOfList(listOf(values), column);
  }

  texts(column: string): TextColumn {
    let texts = this.#texts.get(column);
    if (!texts) {
      texts = this.#readTexts(column);
      this.#texts.set(column, texts);
    }
    return texts;
  }

  /** A number or text as it is stored, or null, of the last record. */
  lastOf(column: string): unknown {
    const values = this.#valuesOf(column);
    const last = this.length - 1;
    if (typeof values !== 'string') return listOf(values)[last];
    if (values.endsWith('"]')) return this.texts(column).at(last);
    const number = Number(values.slice(Math.max(values.lastIndexOf(','), 0) + 1, -1));
    return Number.isNaN(number) ? null : number;
  }

  #readTexts(column: string): TextColumn {
    const values = this.#valuesOf(column);
    if (typeof values === 'string') return textsOfJson(values, this.length);
    if (values instanceof TextColumn) return values;
    for (const value of listOf(values)) if (value !== null && typeof value !== 'string') throw unreadable(column);
    return TextColumn.of(listOf(values) as readonly (string | null)[]);
  }

  #valuesOf(column: string): ColumnValues {
    const values = this.#columns.get(column);
    if (values === undefined) throw new Error(`the records were read without ${column}`);
    return values;
  }
}

const listOf = (values: ColumnValues): readonly unknown[] => {
  if (typeof values === 'string') return JSON.parse(values) as unknown[];
  if (values instanceof TextColumn) return Array.from({ length: values.length }, (_, index) => values.at(index));
  if (values instanceof Float64Array) return Array.from(values, (value) => (Number.isNaN(value) ? null : value));
  return values;
};

/** A loop, because `Float64Array.from` with a function takes several times as long. */
const numbersOfList = (values: readonly unknown[], column: string): Float64Array => {
  const numbers = new Float64Array(values.length);
  for (let index = 0; index < values.length; index++) {
    const value = values[index];
    if (typeof value === 'number') numbers[index] = value;
    else if (value === null) numbers[index] = Number.NaN;
    else throw unreadable(column);
  }
  return numbers;
};

const unreadable = (what: string): DomainError =>
  new DomainError('DATA_DAMAGED', `a stored value cannot be read: ${what} is not of the type of its column`);

const [quote, comma, digit0, digit9, backslash, letterN, bracket] = [34, 44, 48, 57, 92, 110, 93];

/** Numbers of a list in JSON, which has no spaces: in two thirds of the time of `JSON.parse`. */
const numbersOfJson = (json: string, length: number): Float64Array => {
  const numbers = new Float64Array(length);
  let at = 1;
  for (let index = 0; index < length; index++) {
    const start = at;
    let value = 0;
    let code = json.charCodeAt(at);
    while (code >= digit0 && code <= digit9) {
      value = value * 10 + code - digit0;
      code = json.charCodeAt(++at);
    }
    if (at === start || value > Number.MAX_SAFE_INTEGER || (code !== comma && code !== bracket)) {
      while (code !== comma && code !== bracket) code = json.charCodeAt(++at);
      value = otherNumber(json.slice(start, at));
    }
    numbers[index] = value;
    at++;
  }
  return numbers;
};

const otherNumber = (token: string): number => {
  if (token === 'null') return Number.NaN;
  if (!/^-?\d/.test(token)) throw unreadable(token);
  return Number(token);
};

/** Texts of a list in JSON, which has no spaces, where they are. */
const textsOfJson = (json: string, length: number): TextColumn => {
  const starts = new Uint32Array(length);
  const ends = new Uint32Array(length);
  let at = 1;
  for (let index = 0; index < length; index++) {
    let code = json.charCodeAt(at);
    if (code === quote) {
      starts[index] = ++at;
      code = json.charCodeAt(at);
      while (code !== quote) {
        if (code === backslash) return textsOfAnyJson(json);
        code = json.charCodeAt(++at);
      }
      ends[index] = at;
      at += 2;
    } else {
      if (code !== letterN) throw unreadable(json.slice(at, at + 20));
      starts[index] = at;
      at += 'null,'.length;
    }
  }
  return new TextColumn(json, starts, ends);
};

const textsOfAnyJson = (json: string): TextColumn => {
  const texts = JSON.parse(json) as unknown[];
  for (const text of texts) if (text !== null && typeof text !== 'string') throw unreadable(String(text));
  return TextColumn.of(texts as (string | null)[]);
};
