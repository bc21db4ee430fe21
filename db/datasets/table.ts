import { LRUCache } from 'lru-cache';
import { type DatasetColumn, isTextual } from '../../src/lib/cells.ts';
import { type ColumnFile, isMissing, readColumnFile } from './column-file.ts';

type Numbers = Float64Array | BigInt64Array;
export type StoredColumnValue = string | number | bigint;

/** The distinct values of a column in order, and the rank of the value of each row. */
export interface Ranked {
  /** By row: 0 for no value, otherwise the rank of its value, from 1. */
  readonly ranks: Uint32Array;
  /** The distinct values, ascending: numbers by size, texts by code unit. */
  readonly values: { readonly length: number; readonly [rank: number]: StoredColumnValue };
}

/** Caches computed results of all tables of a process; evicts the least recently used ones. */
export interface ResultCache {
  of<T extends object>(key: string, compute: () => T, bytesOf: (result: T) => number): T;
}

export const createResultCache = (bytesMax: number): ResultCache => {
  const cache = new LRUCache<string, object>({ maxSize: bytesMax });
  return {
    of<T extends object>(key: string, compute: () => T, bytesOf: (result: T) => number): T {
      const cached = cache.get(key);
      if (cached !== undefined) return cached as T;
      const result = compute();
      const bytes = Math.ceil(bytesOf(result)) + key.length * 2 + 100;
      // A result that exceeds the limit is still cached, alone: the next query probably needs it again.
      cache.set(key, result, { size: Math.min(bytes, bytesMax) });
      return result;
    },
  };
};

/** A version that is open for queries. */
export interface Table {
  readonly file: ColumnFile;
  readonly rows: number;
  readonly columns: readonly DatasetColumn[];
  column(index: number): DatasetColumn;
  /** The values of a numeric column; NaN or `wideNull` stands for a missing value. */
  numbers(index: number): Numbers;
  ranked(index: number): Ranked;
  /** The cached result of this name; computes it when it is not cached. */
  cached<T extends object>(name: string, compute: () => T, bytesOf: (result: T) => number): T;
  close(): void;
}

export const openTable = (path: string, cache: ResultCache): Table => {
  const file = readColumnFile(path);
  const { columns, rows } = file;
  const column = (index: number): DatasetColumn => {
    const found = columns[index];
    if (!found) throw new Error(`the version has no column ${index}`);
    return found;
  };
  const cached: Table['cached'] = (name, compute, bytesOf) => cache.of(`${path} ${name}`, compute, bytesOf);

  const readNumbers = (index: number): Numbers => {
    const all = column(index).wide ? new BigInt64Array(rows) : new Float64Array(rows);
    file.spans.forEach(({ firstRow }, chunk) => {
      all.set(file.numbers(index, chunk) as never, firstRow);
    });
    return all;
  };
  const numbers = (index: number): Numbers =>
    cached(
      `numbers ${index}`,
      () => readNumbers(index),
      ({ byteLength }) => byteLength,
    );

  return {
    file,
    rows,
    columns,
    column,
    numbers,
    ranked: (index) =>
      cached(
        `ranked ${index}`,
        () => (isTextual(column(index)) ? rankTexts(file, index) : rankNumbers(numbers(index))),
        ({ ranks, values }) => ranks.byteLength + sizeOf(values),
      ),
    cached,
    close: () => file.close(),
  };
};

const sizeOf = (values: Ranked['values']): number =>
  Array.isArray(values)
    ? values.reduce((sum, value) => sum + 40 + String(value).length, 0)
    : (values as unknown as Numbers).byteLength;

const rankNumbers = (numbers: Numbers): Ranked => {
  // NaN sorts to the end, `wideNull` to the beginning.
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

const rankTexts = (file: ColumnFile, index: number): Ranked => {
  const codes = new Map<string, number>();
  const ranks = new Uint32Array(file.rows);
  file.spans.forEach(({ firstRow, rows }, chunk) => {
    const texts = file.texts(index, chunk);
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
