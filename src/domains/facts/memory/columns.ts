import { absentUint32, growableFloat64, growableInt32, growableUint32 } from '../../../indices/growable.ts';
import { SeqColumn } from '../../../indices/seq-column.ts';
import { exchangeColumns, type StateColumns } from '../../../indices/state-columns.ts';
import type { Decimal } from '../../../lib/decimal.ts';

export interface FactRow {
  readonly seq: number;
  readonly user: number;
  readonly occurredAtUs: number;
  readonly amount: Decimal | null;
  /** Dated so much after its arrival that it is a mistake: it does not move «the newest». */
  readonly isFuture: boolean;
}

export interface FutureLimit {
  /** How much later than its arrival a fact may be dated. */
  readonly futureToleranceMs: number;
}

/** Whether a fact is dated so much after its arrival that it is a mistake. */
export const isFutureAt = (occurredAtUs: number, recordedAtUs: number, limit: FutureLimit): boolean =>
  occurredAtUs > recordedAtUs + limit.futureToleranceMs * 1000;

/**
 * Facts as columns, one row a fact in the order of `seq`. Rows are append-only: a row count identifies the same facts
 * for ever.
 */
export const createFactColumns = () => {
  const seq = new SeqColumn();
  const user = growableUint32();
  const occurredAtUs = growableFloat64();
  /** NaN for a fact without an amount. */
  const units = growableFloat64();
  const micros = growableInt32();
  /** The user's previous row, so that one user's facts are found without a scan. */
  const previousOfUser = growableUint32();
  const lastOfUser = growableUint32();
  const all = { seq, user, occurredAtUs, units, micros, previousOfUser, lastOfUser };
  let newestUs = 0;
  const futureRows = new Set<number>();

  return {
    get rows() {
      return seq.length;
    },
    /** The `seq` of the last row; 0 when there are none. */
    get lastSeq() {
      return seq.length === 0 ? 0 : seq.at(seq.length - 1);
    },
    /** The latest time of the first `rows` facts, microseconds, future ones left out; 0 when there are none. */
    newestUsOf(rows: number): number {
      if (rows >= seq.length) return newestUs;
      let newest = Number.NEGATIVE_INFINITY;
      for (let row = 0; row < rows; row++)
        if (!futureRows.has(row)) newest = Math.max(newest, occurredAtUs.values[row] as number);
      return newest === Number.NEGATIVE_INFINITY ? 0 : newest;
    },
    push(row: FactRow): void {
      const position = seq.length;
      seq.push(row.seq);
      user.push(row.user);
      occurredAtUs.push(row.occurredAtUs);
      if (row.isFuture) futureRows.add(position);
      else newestUs = position === futureRows.size ? row.occurredAtUs : Math.max(newestUs, row.occurredAtUs);
      units.push(row.amount?.units ?? Number.NaN);
      micros.push(row.amount?.micros ?? 0);
      while (lastOfUser.length <= row.user) lastOfUser.push(absentUint32);
      previousOfUser.push(lastOfUser.values[row.user] as number);
      lastOfUser.set(row.user, position);
    },
    /** The number of rows whose `seq` is at most `sequence`. */
    rowsUpTo: (sequence: number): number => seq.upperBound(sequence),
    /** One user's rows below `rows`, ascending. */
    rowsOfUser(code: number, rows: number): number[] {
      const found: number[] = [];
      const last = code < lastOfUser.length ? (lastOfUser.values[code] as number) : absentUint32;
      for (let row = last; row !== absentUint32; row = previousOfUser.values[row] as number)
        if (row < rows) found.push(row);
      return found.reverse();
    },
    seqOf: (row: number) => seq.at(row),
    userOf: (row: number) => user.values[row] as number,
    occurredAtUsOf: (row: number) => occurredAtUs.values[row] as number,
    hasAmount: (row: number) => !Number.isNaN(units.values[row] as number),
    unitsOf: (row: number) => units.values[row] as number,
    microsOf: (row: number) => micros.values[row] as number,
    exchange(columns: StateColumns): void {
      exchangeColumns(columns, all);
      newestUs = columns.value('newestUs', newestUs) ?? newestUs;
      for (const row of columns.fixed('futureRows', Uint32Array.from(futureRows)) ?? []) futureRows.add(row);
    },
    get byteLength() {
      return Object.values(all).reduce((bytes, column) => bytes + column.byteLength, 0);
    },
  };
};

export type FactColumns = ReturnType<typeof createFactColumns>;
