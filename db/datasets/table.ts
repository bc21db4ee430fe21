import { type DatasetColumn, isTextual } from '../../src/lib/cells.ts';
import { type ColumnFile, isMissing, readColumnFile } from './column-file.ts';

type Numbers = Float64Array | BigInt64Array;
export type StoredColumnValue = string | number | bigint;

/** A column's values in order, and which of them each row has. */
export interface Ranked {
  /** By row: 0 for no value, else the place of its value, from 1. */
  readonly ranks: Uint32Array;
  /** The distinct values, ascending: numbers by size, texts by code unit. */
  readonly values: { readonly length: number; readonly [place: number]: StoredColumnValue };
}

/** Keeps what was worked out, the latest used the longest. */
export interface ResultCache {
  of<T>(key: string, make: () => T, bytesOf: (made: T) => number): T;
}

export const createResultCache = (bytesMax: number): ResultCache => {
  const kept = new Map<string, { readonly made: unknown; readonly bytes: number }>();
  let bytes = 0;
  return {
    of<T>(key: string, make: () => T, bytesOf: (made: T) => number): T {
      const known = kept.get(key);
      if (known) {
        kept.delete(key);
        kept.set(key, known);
        return known.made as T;
      }
      const made = make();
      const size = bytesOf(made) + key.length * 2 + 100;
      kept.set(key, { made, bytes: size });
      bytes += size;
      for (const [oldest, { bytes: freed }] of kept) {
        if (bytes <= bytesMax || oldest === key) break;
        kept.delete(oldest);
        bytes -= freed;
      }
      return made;
    },
  };
};

/** A version as questions see it. */
export interface Table {
  readonly file: ColumnFile;
  readonly rows: number;
  readonly columns: readonly DatasetColumn[];
  column(place: number): DatasetColumn;
  /** A column of numbers; NaN or `wideNull` where there is none. */
  numbers(place: number): Numbers;
  ranked(place: number): Ranked;
  /** What was worked out before under this name, or is now. */
  cached<T>(name: string, make: () => T, bytesOf: (made: T) => number): T;
  close(): void;
}

export const openTable = (path: string, memo: ResultCache): Table => {
  const file = readColumnFile(path);
  const { columns, rows } = file;
  const column = (place: number): DatasetColumn => {
    const found = columns[place];
    if (!found) throw new Error(`the version has no column ${place}`);
    return found;
  };
  const remember: Table['cached'] = (name, make, bytesOf) => memo.of(`${path} ${name}`, make, bytesOf);

  const readNumbers = (place: number): Numbers => {
    const all = column(place).wide ? new BigInt64Array(rows) : new Float64Array(rows);
    file.spans.forEach(({ firstRow }, chunk) => {
      all.set(file.numbers(place, chunk) as never, firstRow);
    });
    return all;
  };
  const numbers = (place: number): Numbers =>
    remember(
      `numbers ${place}`,
      () => readNumbers(place),
      ({ byteLength }) => byteLength,
    );

  return {
    file,
    rows,
    columns,
    column,
    numbers,
    ranked: (place) =>
      remember(
        `ranked ${place}`,
        () => (isTextual(column(place)) ? rankTexts(file, place) : rankNumbers(numbers(place))),
        ({ ranks, values }) => ranks.byteLength + sizeOf(values),
      ),
    cached: remember,
    close: () => file.close(),
  };
};

const sizeOf = (values: Ranked['values']): number =>
  Array.isArray(values)
    ? values.reduce((sum, value) => sum + 40 + String(value).length, 0)
    : (values as unknown as Numbers).byteLength;

const rankNumbers = (numbers: Numbers): Ranked => {
  // NaN sorts to the end, the null of wide columns to the beginning.
  const sorted = numbers.slice().sort();
  let count = 0;
  for (const value of sorted as Iterable<number | bigint>) {
    if (isMissing(value)) continue;
    if (count === 0 || sorted[count - 1] !== value) {
      sorted[count] = value as never;
      count += 1;
    }
  }
  const values = sorted.slice(0, count);
  const ranks = new Uint32Array(numbers.length);
  for (let row = 0; row < numbers.length; row += 1) {
    const value = numbers[row] as number;
    if (isMissing(value)) continue;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((values[middle] as number) < value) low = middle + 1;
      else high = middle;
    }
    ranks[row] = low + 1;
  }
  return { ranks, values };
};

const rankTexts = (file: ColumnFile, place: number): Ranked => {
  const codes = new Map<string, number>();
  const ranks = new Uint32Array(file.rows);
  file.spans.forEach(({ firstRow, rows }, chunk) => {
    const texts = file.texts(place, chunk);
    for (let at = 0; at < rows; at += 1) {
      const text = texts[at] as string;
      if (text === '') continue;
      let code = codes.get(text);
      if (code === undefined) {
        code = codes.size + 1;
        codes.set(text, code);
      }
      ranks[firstRow + at] = code;
    }
  });
  const values = [...codes.keys()].sort();
  const rankOfCode = new Uint32Array(values.length + 1);
  values.forEach((text, rank) => {
    rankOfCode[codes.get(text) as number] = rank + 1;
  });
  for (let row = 0; row < ranks.length; row += 1) ranks[row] = rankOfCode[ranks[row] as number] as number;
  return { ranks, values };
};
