import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import { createPeriods, type Grain, offsetsBetween } from '../../src/lib/periods.ts';
import { dayUs } from '../../src/lib/time.ts';
import type { Connection } from './connection.ts';
import { integerArray, textLiteral } from './literals.ts';

/** What has a time of its own: its days are in `fact_days`. */
export type DatedSource = FactSource | 'CONVERSATIONS';

/** The facts whose periods are computed: those of a kind up to a sequence number. */
interface PeriodFacts {
  readonly source: DatedSource;
  readonly sequence: number;
}

interface PeriodOptions {
  readonly grain: Grain;
  readonly timeZone: string;
}

const clockUnitUs: Partial<Record<Grain, number>> = { MINUTE: 60_000_000, HOUR: 3_600_000_000 };

/**
 * The expression of the start of the period of `f.occurred_at_us`, see `periodOf`. The calendar is that of this process: zones and their rules
 * in ClickHouse may be those of another year, and its starts of days where midnight is skipped are others.
 */
export const periodExpression = async (
  connection: Connection,
  { source, sequence }: PeriodFacts,
  { grain, timeZone }: PeriodOptions,
): Promise<string> => {
  const sql = `SELECT day FROM ${connection.table('fact_days')} WHERE source = ${textLiteral(source)} GROUP BY day HAVING min(first_seq) <= ${sequence}`;
  const days = (await connection.rows<[number]>(sql)).map(([number]) => Number(number)).sort((a, b) => a - b);
  return periodOf('f.occurred_at_us', days, { grain, timeZone });
};

/** The expression of the start of the period of a column, whose values are on these days of UTC, ascending. */
export const periodOf = (column: string, days: readonly number[], { grain, timeZone }: PeriodOptions): string => {
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return column;
  const unitUs = clockUnitUs[grain];
  return unitUs === undefined
    ? calendarStart(column, days, { grain, timeZone })
    : clockStart(column, { unitUs, timeZone, bounds: [first * dayUs, (last + 1) * dayUs - 1] });
};

/** Rounds down to the start of a period, of those that hold an instant of these days of UTC. */
const calendarStart = (column: string, days: readonly number[], { grain, timeZone }: PeriodOptions): string => {
  const periods = createPeriods(grain, timeZone);
  const starts = new Set<number>();
  for (const day of days) {
    const end = (day + 1) * dayUs;
    for (let start = periods.startOf(day * dayUs); start < end; start = periods.nextStart(start)) starts.add(start);
  }
  return `roundDown(${column}, ${integerArray([...starts].sort((a, b) => a - b))})`;
};

/** Units of the local clock, split where the offset changes. */
const clockStart = (
  column: string,
  {
    unitUs,
    timeZone,
    bounds: [leastUs, greatestUs],
  }: { readonly unitUs: number; readonly timeZone: string; readonly bounds: readonly [number, number] },
): string => {
  const segments = offsetsBetween(timeZone, leastUs, greatestUs);
  const starts = integerArray(segments.map(({ start }) => Math.max(start, Number.MIN_SAFE_INTEGER)));
  const offsets = integerArray(segments.map(({ offsetUs }) => offsetUs));
  const segment = `roundDown(${column}, ${starts})`;
  const offset = `transform(${segment}, ${starts}, ${offsets})`;
  return `greatest(${segment}, ${column} - positiveModulo(${column} + ${offset}, ${unitUs}))`;
};
