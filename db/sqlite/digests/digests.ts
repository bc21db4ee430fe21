import { createHash } from 'node:crypto';
import { getTableName } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { columnsOf } from '../rows/columns.ts';

/** Bytes of the digest of a row. */
export const rowDigestBytes = 8;

/** The digest of the commit before the first one. */
export const noDigest: Buffer = Buffer.alloc(32);

interface PlannedColumn {
  /** The position of the value among those of the row. */
  readonly position: number;
  /** Stands for the column's name. */
  readonly seed: number;
  /** The value that a row of before the column has. */
  readonly absent: unknown;
}

/** A number as its bits; one for all, because nothing else runs between its uses. */
const double = new Float64Array(1);
/** Signed: others may be too large to be numbers without memory of their own. */
const bits = new Int32Array(double.buffer);

const [oddA, oddB] = [0x85ebca6b, 0xc2b2ae35];

/**
 * Computes the digests of a table's rows: 64 bits, which find every change by mistake, at a tenth of the cost of SHA-256. Each
 * of their halves changes with every change of one character or number, because all steps are one-to-one. What counts is
 * the table's name and, by name, each column with a value other than its default: a column that a later version adds leaves
 * the digests of older rows as they are.
 */
export class RowDigest {
  readonly #seed: number;
  readonly #columns: readonly PlannedColumn[];
  #high = 0;
  #low = 0;

  constructor(table: SQLiteTable) {
    this.#seed = seedOf(getTableName(table));
    this.#columns = columnsOf(table)
      .map(([, column], position) => ({ position, column, absent: absentValueOf(column) }))
      .sort((a, b) => (a.column.name < b.column.name ? -1 : 1))
      .map(({ position, column, absent }) => ({ position, seed: seedOf(column.name), absent }));
  }

  /** The digest of a row; `values` as SQLite returns them, in the order of the table's columns. */
  of(values: readonly unknown[]): Buffer {
    const digest = Buffer.allocUnsafe(rowDigestBytes);
    this.write(values, digest, 0);
    return digest;
  }

  /** Writes the digest of a row into `target`. */
  write(values: readonly unknown[], target: Buffer, offset: number): void {
    this.#compute(values);
    target.writeInt32BE(this.#high, offset);
    target.writeInt32BE(this.#low, offset + 4);
  }

  /** Whether a row has the digest at `offset`. */
  matches(values: readonly unknown[], digests: Buffer, offset: number): boolean {
    this.#compute(values);
    return digests.readInt32BE(offset) === this.#high && digests.readInt32BE(offset + 4) === this.#low;
  }

  #compute(values: readonly unknown[]): void {
    this.#high = this.#seed;
    this.#low = ~this.#seed;
    for (let index = 0; index < this.#columns.length; index++) {
      const { position, seed, absent } = this.#columns[index] as PlannedColumn;
      const value = values[position];
      if (value === absent) continue;
      if (typeof value === 'number') this.#addNumber(seed, value);
      else if (typeof value === 'string') this.#addText(seed, value);
      else this.#addText(seed ^ otherTypes, textOfOther(value));
    }
    // A last step each, so that both halves depend on all that went before.
    const high = this.#high;
    const low = this.#low;
    this.#high = stepA(high, low);
    this.#low = stepB(low, high);
  }

  #addNumber(seed: number, value: number): void {
    // Without the sign of zero, which an integer column does not keep.
    double[0] = value + 0;
    const lower = bits[0] as number;
    const upper = bits[1] as number;
    this.#high = stepA(stepA(stepA(this.#high, seed), lower), upper);
    this.#low = stepB(stepB(stepB(this.#low, seed), upper), lower);
  }

  /** The length marks a text: no number has the next step's inverted seed. */
  #addText(seed: number, text: string): void {
    let high = stepA(stepA(this.#high, ~seed), text.length);
    let low = stepB(stepB(this.#low, ~seed), text.length);
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      high = stepA(high, code);
      low = stepB(low, code);
    }
    this.#high = high;
    this.#low = low;
  }
}

const stepA = (state: number, value: number): number => {
  const mixed = Math.imul(state ^ value, oddA);
  return mixed ^ (mixed >>> 15);
};

const stepB = (state: number, value: number): number => {
  const mixed = Math.imul(state ^ value, oddB);
  return mixed ^ (mixed >>> 13);
};

/** Tells a value of a type that no column has from a text with the same bytes, which a query does not take it for. */
const otherTypes = 0x55555555;

const textOfOther = (value: unknown): string => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value));

const seedOf = (name: string): number => createHash('sha256').update(name).digest().readInt32BE(0);

export const absentValueOf = (column: ReturnType<typeof columnsOf>[number][1]): unknown => {
  const { default: value } = column;
  return value === undefined || value === null ? null : column.mapToDriverValue(value);
};

export interface ChainedCommit {
  readonly lastSeq: number;
  readonly recordedAtUs: number;
  readonly recordDigests: Buffer;
}

/** The digest of a commit, from that of the commit before it. */
export const commitDigest = (previous: Buffer, { lastSeq, recordedAtUs, recordDigests }: ChainedCommit): Buffer => {
  const head = Buffer.allocUnsafe(16);
  head.writeBigInt64BE(BigInt(lastSeq), 0);
  head.writeBigInt64BE(BigInt(recordedAtUs), 8);
  return createHash('sha256').update(previous).update(head).update(recordDigests).digest();
};

/** Adds the digest of a row to a combined digest, or takes it out again. */
export const combine = (into: Buffer, digest: Uint8Array): void => {
  for (let index = 0; index < rowDigestBytes; index++) into[index] = (into[index] ?? 0) ^ (digest[index] ?? 0);
};

/** The digest of the counter from which SQLite gives the rows of a table their keys. */
export const counterDigest = (table: string, counter: unknown): Buffer =>
  createHash('sha256')
    .update(`counter ${table} ${typeof counter} ${counter}`)
    .digest()
    .subarray(0, rowDigestBytes);

/** A stored digest; a value of another type is none. */
export const bytesOf = (value: unknown): Buffer => (Buffer.isBuffer(value) ? value : Buffer.alloc(0));

/** Adds the number of changes to a combined digest, or takes it out again, so that the number is covered, too. */
export const combineChanges = (into: Buffer, changes: number): void => {
  if (changes > 0) combine(into, createHash('sha256').update(`changes ${changes}`).digest());
};
