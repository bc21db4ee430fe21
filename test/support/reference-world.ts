import { Temporal } from 'temporal-polyfill';

/** The questions of the server answered the dull way: lists, linear search, BigInt. Nothing of `src` is used. */
export interface DullChange {
  readonly userId: string;
  readonly at: number;
  readonly status: string;
}

export interface DullRange {
  readonly first: number;
  readonly last: number;
  readonly city: string;
}

export interface DullTransaction {
  readonly id: string;
  readonly userId: string;
  readonly at: number;
  readonly product: string;
  /** Millionths. */
  readonly micros: bigint;
  readonly ip: number | null;
}

export interface DullWorld {
  readonly changes: readonly DullChange[];
  readonly ranges: readonly DullRange[];
  readonly transactions: readonly DullTransaction[];
}

/** The last change at or before the instant; of equal times the later record. */
export const dullStatus = (changes: readonly DullChange[], userId: string, at: number): string => {
  let best: DullChange | undefined;
  for (const change of changes)
    if (change.userId === userId && change.at <= at && (!best || change.at >= best.at)) best = change;
  return best?.status ?? 'NON_PAYING';
};

/** The narrowest range; of equals the later one. */
const dullCity = (ranges: readonly DullRange[], ip: number | null): string => {
  let best: DullRange | undefined;
  for (const range of ranges)
    if (
      ip !== null &&
      range.first <= ip &&
      ip <= range.last &&
      (!best || range.last - range.first <= best.last - best.first)
    )
      best = range;
  return best?.city ?? 'unknown';
};

export type DullDimension = 'USER_STATUS' | 'CITY' | 'PRODUCT' | 'USER' | 'PERIOD';

const units = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day' } as const;

/** Start of the period by Temporal, in milliseconds. */
export const dullPeriod = (at: number, grain: string, zone: string): number => {
  const time = Temporal.Instant.fromEpochMilliseconds(Math.floor(at / 1000)).toZonedDateTimeISO(zone);
  if (grain in units) {
    const unit = units[grain as keyof typeof units];
    if (unit === 'day') return time.startOfDay().epochMilliseconds;
    return time.round({ smallestUnit: unit, roundingMode: 'floor' }).epochMilliseconds;
  }
  const day = time.toPlainDate();
  const first = {
    WEEK: () => day.subtract({ days: day.dayOfWeek - 1 }),
    MONTH: () => day.with({ day: 1 }),
    QUARTER: () => day.with({ day: 1, month: day.month - ((day.month - 1) % 3) }),
    YEAR: () => day.with({ day: 1, month: 1 }),
  }[grain] as () => Temporal.PlainDate;
  return first().toZonedDateTime(zone).epochMilliseconds;
};

export interface DullGroup {
  readonly key: string;
  readonly ids: readonly string[];
  readonly count: number;
  readonly sum: bigint;
  readonly average: bigint;
  readonly min: bigint;
  readonly max: bigint;
  readonly median: bigint;
  readonly distinctUsers: number;
}

export const halfEven = (total: bigint, by: bigint): bigint => {
  const [sign, size] = total < 0n ? [-1n, -total] : [1n, total];
  const [quotient, rest] = [size / by, size % by];
  const up = rest * 2n > by || (rest * 2n === by && quotient % 2n === 1n);
  return sign * (quotient + (up ? 1n : 0n));
};

export const dullMeasures = (key: string, rows: readonly DullTransaction[]): DullGroup => {
  const amounts = rows.map(({ micros }) => micros).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const sum = amounts.reduce((total, micros) => total + micros, 0n);
  const middle = amounts.length >> 1;
  const low = amounts[amounts.length % 2 === 0 ? middle - 1 : middle] as bigint;
  return {
    key,
    ids: rows.map(({ id }) => id),
    count: rows.length,
    sum,
    average: halfEven(sum, BigInt(rows.length)),
    min: amounts[0] as bigint,
    max: amounts.at(-1) as bigint,
    median: halfEven(low + (amounts[middle] as bigint), 2n),
    distinctUsers: new Set(rows.map(({ userId }) => userId)).size,
  };
};

export interface DullQuestion {
  readonly groupBy: readonly DullDimension[];
  readonly grain: string;
  readonly zone: string;
  /** Null: each transaction's own time. */
  readonly validAt: number | null;
  readonly keep: (transaction: DullTransaction, status: string, city: string) => boolean;
}

export const dullGroups = (
  { changes, ranges, transactions }: DullWorld,
  question: DullQuestion,
): Map<string, DullGroup> => {
  const rows = new Map<string, DullTransaction[]>();
  for (const transaction of transactions) {
    const status = dullStatus(changes, transaction.userId, question.validAt ?? transaction.at);
    const city = dullCity(ranges, transaction.ip);
    if (!question.keep(transaction, status, city)) continue;
    const values = {
      USER_STATUS: () => status,
      CITY: () => city,
      PRODUCT: () => transaction.product,
      USER: () => transaction.userId,
      PERIOD: () => dullPeriod(transaction.at, question.grain, question.zone),
    };
    const key = JSON.stringify(question.groupBy.map((dimension) => values[dimension]()));
    rows.set(key, [...(rows.get(key) ?? []), transaction]);
  }
  return new Map([...rows].map(([key, found]) => [key, dullMeasures(key, found)]));
};

export const decimalText = (micros: bigint): string => {
  const [sign, size] = micros < 0n ? ['-', -micros] : ['', micros];
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${sign}${size / 1_000_000n}${fraction && `.${fraction}`}`;
};

export const ip4Text = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
