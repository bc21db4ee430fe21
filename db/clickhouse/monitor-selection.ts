import type { DimensionName } from '../../src/domains/facts/dimensions.ts';
import type { EventSelection, ExcludedTimes } from '../../src/domains/monitor/engine.ts';
import type { Grain } from '../../src/lib/periods.ts';
import { spanOf, type TimeSpan } from '../../src/lib/time-range.ts';
import { askLasting } from './lasting-question.ts';
import { integerArray, integerLiteral, textList } from './literals.ts';
import type { Question, QuestionServices } from './question.ts';

/** The statements of one question about selected events: each is `FROM …`, with the columns below. */
export interface SelectionSql {
  /** Events that count. */
  readonly counted: string;
  /** The same, those left out as well, with a column for each reason: `is_outside`, `is_excluded`, `is_returning`. */
  readonly all: string;
  /**
   * Counted events with `judged_group`, 0 while their batch is not complete: they are judged in the order of (judged_group,
   * occurred_at_us, seq).
   */
  readonly placed: string;
}

export interface SelectionRequest {
  /** Dimensions as columns, named by `columnOf`. */
  readonly groupBy?: readonly DimensionName[];
  readonly grain?: Grain | undefined;
  /** Only users of this market. */
  readonly country?: string | undefined;
}

const columns = ['recorded_at_us', 'experiment', 'variant', 'account_type', 'event_type'].concat([
  ...['batch', 'arrival_seq', 'newest_before_us'],
]);

/** Runs statements about selected events when these are copied. */
export const askSelection = async <R>(
  services: QuestionServices,
  selection: EventSelection,
  { groupBy = [], grain, country }: SelectionRequest,
  statements: (sql: SelectionSql) => Promise<R>,
): Promise<R> => {
  const { experiment, sequence, validAtUs, where, range, timeZone } = selection;
  // A batch that goes on after the sequence number is not complete as of it.
  await services.projector.reach(services.ledger.snapshot().sequence);
  const question = askLasting(services, 'EXPERIMENT_EVENTS', {
    asOf: { sequence, validAtUs },
    where: {
      experiments: [experiment],
      ...(country === undefined ? {} : { countries: [country] }),
      and: where ? [where] : [],
    },
    ...(where?.userIds ? { userIds: where.userIds } : {}),
    ...{ groupBy: ['EXPERIMENT', ...groupBy], grain, timeZone, columns },
    needsNewest: !!range?.last,
  });
  return question.run((current) => statements(sqlOf(services, selection, current)));
};

const sqlOf = ({ connection }: QuestionServices, selection: EventSelection, question: Question): SelectionSql => {
  const { period, range, timeZone, excluded, openBatches, sequence } = selection;
  const isOutside = `NOT ${inSpan(period)}`;
  const isExcluded = `(NOT is_outside AND ${exclusion(excluded)})`;
  const classified = `(SELECT *, ${isOutside} AS is_outside, ${isExcluded} AS is_excluded ${question.matching})`;
  const span = range && spanOf(range, timeZone, question.newestUs);
  const all = span ? partOf(classified, span) : `(SELECT *, 0 AS is_returning FROM ${classified})`;
  const counted = `(SELECT * FROM ${all} WHERE NOT is_outside AND NOT is_excluded AND NOT is_returning)`;
  const open = openBatches.length === 0 ? '' : ` AND batch NOT IN (${openBatches.join(', ')})`;
  const complete = `SELECT batch, max(last_seq) AS end_seq FROM ${connection.table('event_batches')} GROUP BY batch HAVING end_seq <= ${sequence}${open}`;
  // A join that finds nothing gives 0, where no batch ends.
  const placed = `(SELECT e.*, if(e.batch = 0, 2 * e.arrival_seq + 1, 2 * b.end_seq) AS judged_group FROM ${counted} AS e LEFT ANY JOIN (${complete}) AS b ON e.batch = b.batch)`;
  return { counted: `FROM ${counted}`, all: `FROM ${all}`, placed: `FROM ${placed}` };
};

/** The events in a time, without those of users whose first event that counts is outside of it. */
const partOf = (classified: string, span: TimeSpan): string => {
  const firsts = `SELECT user_id FROM ${classified} WHERE NOT is_outside AND NOT is_excluded GROUP BY user_id HAVING ${inSpan(span, 'min(occurred_at_us)')}`;
  return `(SELECT *, NOT is_outside AND NOT is_excluded AND user_id NOT IN (${firsts}) AS is_returning FROM ${classified} WHERE ${inSpan(span)})`;
};

const inSpan = ({ fromUs, toUs }: TimeSpan, time = 'occurred_at_us'): string => {
  const conditions = [
    ...(fromUs === undefined ? [] : [`${time} >= ${integerLiteral(fromUs)}`]),
    ...(toUs === undefined ? [] : [`${time} < ${integerLiteral(toUs)}`]),
  ];
  return conditions.length === 0 ? '1' : `(${conditions.join(' AND ')})`;
};

/** An instant is excluded when an odd number of bounds is at or before it. Most users are excluded at all times. */
const exclusion = (excluded: readonly ExcludedTimes[]): string => {
  const usersOf = new Map<string, string[]>();
  for (const { userId, bounds } of excluded) {
    const text = integerArray(bounds.map(finite));
    usersOf.set(text, [...(usersOf.get(text) ?? []), userId]);
  }
  const conditions = Array.from(
    usersOf,
    ([bounds, users]) =>
      `(user_id IN (${textList(users)}) AND arrayCount(bound -> bound <= occurred_at_us, ${bounds}) % 2 = 1)`,
  );
  return conditions.length === 0 ? '0' : `(${conditions.join(' OR ')})`;
};

const finite = (us: number): number => Math.min(Math.max(us, Number.MIN_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
