import type { ReadCodes } from '../../../indices/coded-rows.ts';
import { growableFloat64, growableUint32 } from '../../../indices/growable.ts';
import type { AscendingColumn, BlockColumn, PositionPattern } from '../../../indices/number-column.ts';
import { PackedColumn } from '../../../indices/packed-column.ts';
import { SeqColumn } from '../../../indices/seq-column.ts';
import { exchangeColumns, type StateColumns } from '../../../indices/state-columns.ts';
import { parseDecimal } from '../../../lib/decimal.ts';
import { millionthsOf } from '../../../lib/millionths.ts';
import type { TextColumn } from '../../../lib/text-column.ts';
import { type AmountColumn, createAmountColumn, PackedAmounts } from './amount-columns.ts';
import { UserRows } from './user-rows.ts';

/** Facts that follow each other in the ledger, as arrays of the same length. */
export interface FactBlock {
  readonly seqs: Float64Array;
  readonly users: Int32Array;
  readonly occurredAtUs: Float64Array;
  readonly recordedAtUs: Float64Array;
  /** In millionths, NaN for none. */
  readonly amounts: Float64Array;
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
}

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
  readonly readUsers: ReadCodes;
  /** The same for as many rows as `into` has room for, from a row on. */
  readonly readUsersFrom: (from: number, into: Uint32Array) => void;
  readonly readTimes: (rows: Uint32Array, into: Float64Array, pattern?: PositionPattern) => void;
  /** The amount in millionths (`millionthsOf`), NaN for none. */
  readonly amountOf: (row: number) => number;
  /** Writes the amounts of rows. */
  readonly readAmounts: (rows: Uint32Array, into: Float64Array, pattern?: PositionPattern) => void;
  exchange(columns: StateColumns): void;
  readonly byteLength: number;
}

/** Reads amounts of facts; null stands for none. Throws for one that is malformed. */
export const readAmountTexts = ({ text, starts, ends }: TextColumn, seqs: Float64Array): Float64Array => {
  const amounts = new Float64Array(starts.length).fill(Number.NaN);
  for (let index = 0; index < starts.length; index++) {
    const start = starts[index] as number;
    const end = ends[index] as number;
    if (end < start) continue;
    const amount = parseDecimal(text, start, end);
    if (!amount) throw new Error(`record ${seqs[index]} holds the malformed amount ${text.slice(start, end)}`);
    amounts[index] = millionthsOf(amount);
  }
  return amounts;
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
    { seq: new SeqColumn(), user: growableUint32(), occurredAtUs: growableFloat64() },
    createAmountColumn(),
    userRows,
  );
  return Object.assign(columns, { rowsOfUser: (user: number, rows: number) => userRows.rowsOf(user, rows) });
};

/** For facts that another engine answers questions about: as small as possible. */
export const createPackedFactColumns = (): FactColumns =>
  columnsOf(
    { seq: new PackedColumn(), user: new PackedColumn(), occurredAtUs: new PackedColumn() },
    new PackedAmounts(),
  );

const columnsOf = (numbers: FactNumbers, amounts: AmountColumn, userRows?: UserRows): FactColumns => {
  const { seq, user, occurredAtUs } = numbers;
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
      amounts.pushAll(facts.amounts);
      userRows?.pushAll(facts.users);
    },
    rowsUpTo: (sequence) => seq.upperBound(sequence),
    seqOf: (row) => seq.at(row),
    userOf: (row) => user.at(row),
    occurredAtUsOf: (row) => occurredAtUs.at(row),
    readUsers: (rows, into, pattern) => user.readAt(rows, into, pattern),
    readUsersFrom: (from, into) => user.read(from, into),
    readTimes: (rows, into, pattern) => occurredAtUs.readAt(rows, into, pattern),
    amountOf: (row) => amounts.at(row),
    readAmounts: (rows, into, pattern) => amounts.readAt(rows, into, pattern),
    exchange(columns) {
      exchangeColumns(columns, { ...numbers });
      amounts.exchange(columns);
      userRows?.exchange(columns);
      newestUs = columns.value('newestUs', newestUs) ?? newestUs;
      for (const row of columns.fixed('futureRows', Uint32Array.from(futureRows)) ?? []) futureRows.add(row);
    },
    get byteLength() {
      const parts = [...Object.values(numbers), amounts, userRows];
      return parts.reduce((bytes, part) => bytes + (part?.byteLength ?? 0), 0);
    },
  };
};
