import { growableFloat64, growableInt32, growableUint32 } from '../../../indices/growable.ts';
import type { AscendingColumn, BlockColumn } from '../../../indices/number-column.ts';
import { PackedColumn } from '../../../indices/packed-column.ts';
import { SeqColumn } from '../../../indices/seq-column.ts';
import { exchangeColumns, type StateColumns } from '../../../indices/state-columns.ts';
import { parseDecimal } from '../../../lib/decimal.ts';
import type { TextColumn } from '../../../lib/text-column.ts';
import { UserRows } from './user-rows.ts';

/** Facts that follow each other in the ledger, as arrays of the same length. */
export interface FactBlock {
  readonly seqs: Float64Array;
  readonly users: Int32Array;
  readonly occurredAtUs: Float64Array;
  readonly recordedAtUs: Float64Array;
  readonly amounts: AmountBlock;
}

export interface FutureLimit {
  /** How much later than its arrival a fact may be dated. */
  readonly futureToleranceMs: number;
}

/** Whether a fact is dated so much after its arrival that it is a mistake. */
export const isFutureAt = (occurredAtUs: number, recordedAtUs: number, limit: FutureLimit): boolean =>
  occurredAtUs > recordedAtUs + limit.futureToleranceMs * 1000;

/** What is kept of each fact. */
interface FactNumbers {
  readonly seq: AscendingColumn;
  readonly user: BlockColumn;
  readonly occurredAtUs: BlockColumn;
  /** Whole units of the amount; 0 without an amount. */
  readonly units: BlockColumn;
  /** Millionths of the amount, or `noAmount`. */
  readonly micros: BlockColumn;
}

/** Stands for no amount: the millionths of an amount are fewer. */
export const noAmount = 1_000_000;

/**
 * Facts as columns, one row a fact in the order of `seq`. Rows are append-only: a row count identifies the same facts
 * for ever.
 */
export interface FactColumns {
  readonly rows: number;
  /** The `seq` of the last row; 0 when there are none. */
  readonly lastSeq: number;
  /** The latest time of the first `rows` facts, microseconds, future ones left out; 0 when there are none. */
  newestUsOf(rows: number): number;
  /** One that is dated so much after its arrival that it is a mistake does not move «the newest». */
  append(facts: FactBlock, limit: FutureLimit): void;
  /** The number of rows whose `seq` is at most `sequence`. */
  readonly rowsUpTo: (sequence: number) => number;
  readonly seqOf: (row: number) => number;
  readonly userOf: (row: number) => number;
  readonly occurredAtUsOf: (row: number) => number;
  /** Writes the users of some rows. */
  readonly readUsers: (rows: Uint32Array, into: Uint32Array) => void;
  /** The same for as many rows as `into` has room for, from a row on. */
  readonly readUsersFrom: (from: number, into: Uint32Array) => void;
  readonly readTimes: (rows: Uint32Array, into: Float64Array) => void;
  readonly hasAmount: (row: number) => boolean;
  /** Whole units of the amount; 0 without an amount. */
  readonly unitsOf: (row: number) => number;
  /** Millionths of the amount; 0 without an amount. */
  readonly microsOf: (row: number) => number;
  /** Writes the amounts of rows, with `noAmount` as the millionths of rows without one. */
  readonly readAmounts: (rows: Uint32Array, into: AmountBlock) => void;
  exchange(columns: StateColumns): void;
  readonly byteLength: number;
}

/** Amounts of rows: whole units and millionths. */
export interface AmountBlock {
  readonly units: Float64Array;
  readonly micros: Int32Array;
}

/** Reads amounts of facts; null stands for none. Throws for one that is malformed. */
export const readAmountTexts = ({ text, starts, ends }: TextColumn, seqs: Float64Array): AmountBlock => {
  const units = new Float64Array(starts.length);
  const micros = new Int32Array(starts.length);
  for (let index = 0; index < starts.length; index++) {
    const [start, end] = [starts[index] as number, ends[index] as number];
    if (end < start) {
      micros[index] = noAmount;
      continue;
    }
    const amount = parseDecimal(text, start, end);
    if (!amount) throw new Error(`record ${seqs[index]} holds the malformed amount ${text.slice(start, end)}`);
    units[index] = amount.units;
    micros[index] = amount.micros;
  }
  return { units, micros };
};

/** Columns of facts that an engine answers from. */
export interface AnswerColumns extends FactColumns {
  /** One user's rows below `rows`, ascending. */
  rowsOfUser(user: number, rows: number): number[];
}

/** For an engine that answers from them: fast to read. */
export const createFactColumns = (): AnswerColumns => {
  const userRows = new UserRows();
  const columns = columnsOf(
    {
      ...{ seq: new SeqColumn(), user: growableUint32(), occurredAtUs: growableFloat64() },
      ...{ units: growableFloat64(), micros: growableInt32() },
    },
    userRows,
  );
  return Object.assign(columns, { rowsOfUser: (user: number, rows: number) => userRows.rowsOf(user, rows) });
};

/** For facts that another engine answers questions about: as small as possible. */
export const createPackedFactColumns = (): FactColumns =>
  columnsOf({
    ...{ seq: new PackedColumn(), user: new PackedColumn(), occurredAtUs: new PackedColumn() },
    ...{ units: new PackedColumn(), micros: new PackedColumn() },
  });

const columnsOf = (numbers: FactNumbers, userRows?: UserRows): FactColumns => {
  const { seq, user, occurredAtUs, units, micros } = numbers;
  let newestUs = 0;
  const futureRows = new Set<number>();

  return {
    get rows() {
      return seq.length;
    },
    get lastSeq() {
      return seq.length === 0 ? 0 : seq.at(seq.length - 1);
    },
    newestUsOf(rows) {
      if (rows >= seq.length) return newestUs;
      let newest = Number.NEGATIVE_INFINITY;
      for (let row = 0; row < rows; row++) if (!futureRows.has(row)) newest = Math.max(newest, occurredAtUs.at(row));
      return newest === Number.NEGATIVE_INFINITY ? 0 : newest;
    },
    append(facts, limit) {
      const first = seq.length;
      for (let index = 0; index < facts.seqs.length; index++) {
        const atUs = facts.occurredAtUs[index] as number;
        const position = first + index;
        if (isFutureAt(atUs, facts.recordedAtUs[index] as number, limit)) futureRows.add(position);
        else newestUs = position === futureRows.size ? atUs : Math.max(newestUs, atUs);
      }
      seq.pushAll(facts.seqs);
      user.pushAll(facts.users);
      occurredAtUs.pushAll(facts.occurredAtUs);
      units.pushAll(facts.amounts.units);
      micros.pushAll(facts.amounts.micros);
      userRows?.pushAll(facts.users);
    },
    rowsUpTo: (sequence) => seq.upperBound(sequence),
    seqOf: (row) => seq.at(row),
    userOf: (row) => user.at(row),
    occurredAtUsOf: (row) => occurredAtUs.at(row),
    readUsers: (rows, into) => user.readAt(rows, into),
    readUsersFrom: (from, into) => user.read(from, into),
    readTimes: (rows, into) => occurredAtUs.readAt(rows, into),
    hasAmount: (row) => micros.at(row) !== noAmount,
    unitsOf: (row) => units.at(row),
    microsOf(row) {
      const value = micros.at(row);
      return value === noAmount ? 0 : value;
    },
    readAmounts(rows, into) {
      units.readAt(rows, into.units);
      micros.readAt(rows, into.micros);
    },
    exchange(columns) {
      exchangeColumns(columns, { ...numbers });
      userRows?.exchange(columns);
      newestUs = columns.value('newestUs', newestUs) ?? newestUs;
      for (const row of columns.fixed('futureRows', Uint32Array.from(futureRows)) ?? []) futureRows.add(row);
    },
    get byteLength() {
      const parts = [...Object.values(numbers), userRows];
      return parts.reduce((bytes, part) => bytes + (part?.byteLength ?? 0), 0);
    },
  };
};
