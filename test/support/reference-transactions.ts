import { Temporal } from 'temporal-polyfill';

/** The reference model of aggregates over transactions: lists, linear search, BigInt, without code of `src`. */
export interface ReferenceChange {
  readonly userId: string;
  readonly at: number;
  readonly status: string;
}

export interface ReferenceRange {
  readonly first: number;
  readonly last: number;
  readonly city: string;
}

export interface ReferenceTransaction {
  readonly id: string;
  readonly userId: string;
  readonly at: number;
  readonly product: string;
  /** Millionths. */
  readonly micros: bigint;
  readonly ip: number | null;
}

export interface ReferenceData {
  readonly changes: readonly ReferenceChange[];
  readonly ranges: readonly ReferenceRange[];
  readonly transactions: readonly ReferenceTransaction[];
}

/** The last change at or before the instant; of equal times the later record. */
export const referenceStatus = (changes: readonly ReferenceChange[], userId: string, at: number): string => {
  let best: ReferenceChange | undefined;
  for (const change of changes)
    if (change.userId === userId && change.at <= at && (!best || change.at >= best.at)) best = change;
  return best?.status ?? 'NON_PAYING';
};

/** The narrowest range; of equals the later one. */
const referenceCity = (ranges: readonly ReferenceRange[], ip: number | null): string => {
  let best: ReferenceRange | undefined;
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

export type ReferenceDimension = 'USER_STATUS' | 'CITY' | 'PRODUCT' | 'USER' | 'PERIOD';

const units = { MINUTE: 'minute', HOUR: 'hour', DAY: 'day' } as const;

/** Start of the period by Temporal, in milliseconds. */
export const referencePeriod = (at: number, grain: string, zone: string): number => {
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

export interface ReferenceGroup {
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

export const referenceMeasures = (key: string, rows: readonly ReferenceTransaction[]): ReferenceGroup => {
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

export interface ReferenceQuery {
  readonly groupBy: readonly ReferenceDimension[];
  readonly grain: string;
  readonly zone: string;
  /** Null: each transaction's own time. */
  readonly validAt: number | null;
  readonly matches: (transaction: ReferenceTransaction, status: string, city: string) => boolean;
}

export const referenceGroups = (
  { changes, ranges, transactions }: ReferenceData,
  query: ReferenceQuery,
): Map<string, ReferenceGroup> => {
  const rows = new Map<string, ReferenceTransaction[]>();
  for (const transaction of transactions) {
    const status = referenceStatus(changes, transaction.userId, query.validAt ?? transaction.at);
    const city = referenceCity(ranges, transaction.ip);
    if (!query.matches(transaction, status, city)) continue;
    const values = {
      USER_STATUS: () => status,
      CITY: () => city,
      PRODUCT: () => transaction.product,
      USER: () => transaction.userId,
      PERIOD: () => referencePeriod(transaction.at, query.grain, query.zone),
    };
    const key = JSON.stringify(query.groupBy.map((dimension) => values[dimension]()));
    rows.set(key, [...(rows.get(key) ?? []), transaction]);
  }
  return new Map([...rows].map(([key, found]) => [key, referenceMeasures(key, found)]));
};

export const decimalText = (micros: bigint): string => {
  const [sign, size] = micros < 0n ? ['-', -micros] : ['', micros];
  const fraction = String(size % 1_000_000n)
    .padStart(6, '0')
    .replace(/0+$/, '');
  return `${sign}${size / 1_000_000n}${fraction && `.${fraction}`}`;
};

export const ip4Text = (value: number): string => [24, 16, 8, 0].map((shift) => (value >>> shift) & 255).join('.');
