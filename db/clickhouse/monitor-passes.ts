import type { EventSelection, SelectedEvents, UserOutcome } from '../../src/domains/monitor/engine.ts';
import type {
  CountedSelection,
  PassScope,
  StoredCounts,
  StoredQuality,
  TrendCounts,
} from '../../src/domains/monitor/event-passes.ts';
import type { Grain } from '../../src/lib/periods.ts';
import { dayUs } from '../../src/lib/time.ts';
import { textList, textLiteral } from './literals.ts';
import { askSelection } from './monitor-selection.ts';
import { periodOf } from './periods.ts';
import type { QuestionServices } from './question.ts';

export interface PassServices extends QuestionServices {
  /** How much older than the newest event so far a late one is. */
  readonly lateAfterMs: number;
}

/** The condition of how an event arrived, in the order of their precedence. */
const arrivalSql = ({ lateAfterMs, futureToleranceMs }: PassServices) => {
  const isFuture = `occurred_at_us > recorded_at_us + ${futureToleranceMs * 1000}`;
  const isBehind = `occurred_at_us < newest_before_us - ${lateAfterMs * 1000}`;
  return {
    FUTURE: isFuture,
    LATE: `(NOT (${isFuture}) AND ${isBehind})`,
    IN_TIME: `(NOT (${isFuture}) AND NOT (${isBehind}))`,
  };
};

/** Results that read all selected events. */
export const passesOf = (
  services: PassServices,
  selection: EventSelection,
): Pick<SelectedEvents, 'trend' | 'stored' | 'storedQuality' | 'cell' | 'seqs'> => ({
  trend: (scope, grain, onPoint) => readTrend(services, selection, scope, { grain, onPoint }),
  stored: (scope, grain, onPoint) => readStored(services, selection, scope, { grain, onPoint }),
  storedQuality: (scope) => readQuality(services, selection, scope),
  cell: (scope, country, variant) => readCell(services, selection, scope, { country, variant }),
  seqs: (scope, counted) => readSeqs(services, selection, scope, counted),
});

interface PointRequest {
  readonly grain: Grain;
  readonly onPoint: () => void;
}

const readTrend = async (
  services: PassServices,
  selection: EventSelection,
  { country, work }: PassScope,
  { grain, onPoint }: PointRequest,
): Promise<TrendCounts[]> => {
  const { LATE } = arrivalSql(services);
  const request = { groupBy: ['COUNTRY', 'PERIOD'] as const, grain, country };
  const rows = await askSelection(services, selection, request, async ({ counted }) => {
    const events = `SELECT d_period AS period, d_country AS market, variant, count() AS events, countIf(${LATE}) AS late, 0 AS users ${counted} GROUP BY period, market, variant`;
    // The period of the first event of a user in a variant is the first of its periods.
    const firsts = `SELECT user_id, variant, any(d_country) AS market, min(d_period) AS period ${counted} GROUP BY user_id, variant`;
    const users = `SELECT period, market, variant, 0 AS events, 0 AS late, count() AS users FROM (${firsts}) GROUP BY period, market, variant`;
    const points: [number, string, string, number, number, number][] = [];
    const sql = `SELECT period, market, variant, sum(events), sum(late), sum(users) FROM (${events} UNION ALL ${users}) GROUP BY period, market, variant`;
    await services.connection.each<(typeof points)[number]>(sql, (row) => void points.push(row), work);
    return points;
  });
  return rows.map(([periodStartUs, market, variant, events, late, users]) => {
    onPoint();
    return {
      ...{ periodStartUs: Number(periodStartUs), country: market, variant },
      ...{ eventCount: Number(events), lateEventCount: Number(late), newUserCount: Number(users) },
    };
  });
};

const readStored = async (
  services: PassServices,
  selection: EventSelection,
  { country, work }: PassScope,
  { grain, onPoint }: PointRequest,
): Promise<StoredCounts[]> => {
  const { LATE } = arrivalSql(services);
  const { connection } = services;
  const rows = await askSelection(services, selection, { country }, async ({ counted }) => {
    const days = await connection.rows<[number]>(
      `SELECT DISTINCT intDiv(recorded_at_us, ${dayUs}) AS day ${counted} ORDER BY day`,
      work,
    );
    const numbers = days.map(([day]) => Number(day));
    const period = periodOf('recorded_at_us', numbers, { grain, timeZone: selection.timeZone });
    const sql = `SELECT ${period} AS period, variant, count(), countIf(${LATE}) ${counted} GROUP BY period, variant ORDER BY min(seq)`;
    return connection.rows<[number, string, number, number]>(sql, work);
  });
  const points = new Map<number, { stored: number; late: number; variants: { variant: string; stored: number }[] }>();
  for (const [start, variant, stored, late] of rows) {
    let point = points.get(Number(start));
    if (!point) {
      onPoint();
      point = { stored: 0, late: 0, variants: [] };
      points.set(Number(start), point);
    }
    point.stored += Number(stored);
    point.late += Number(late);
    point.variants.push({ variant, stored: Number(stored) });
  }
  return Array.from(points, ([periodStartUs, point]) => ({ periodStartUs, ...point }));
};

const readQuality = (
  services: PassServices,
  selection: EventSelection,
  { country, work }: PassScope,
): Promise<StoredQuality> =>
  askSelection(services, selection, { country }, async ({ counted }) => {
    const { LATE, FUTURE } = arrivalSql(services);
    const { connection } = services;
    const delay = 'recorded_at_us - occurred_at_us';
    const [row] = await connection.rows<[number, number, number, number]>(
      `SELECT count(), countIf(${LATE}), countIf(${FUTURE}), countIf(${delay} >= 0) ${counted}`,
      work,
    );
    const [stored, late, inTheFuture, delays] = (row ?? [0, 0, 0, 0]).map(Number) as [number, number, number, number];
    const figures = { stored, late, inTheFuture };
    if (delays === 0) return { ...figures, medianDelayUs: null, p99DelayUs: null };
    // The nearest rank, by a level that lies within it whatever its rounding.
    const level = (part: number): number => (Math.max(0, Math.ceil(part * delays) - 1) + 0.5) / delays;
    const sql = `SELECT arrayJoin(quantilesExact(${level(0.5)}, ${level(0.99)})(${delay})) ${counted} WHERE ${delay} >= 0`;
    const [median, p99] = await connection.rows<[number]>(sql, work);
    return { ...figures, medianDelayUs: Number(median?.[0]), p99DelayUs: Number(p99?.[0]) };
  });

const readCell = (
  services: PassServices,
  selection: EventSelection,
  scope: PassScope,
  { country, variant }: { readonly country: string; readonly variant: string },
): Promise<{ readonly seqs: readonly number[]; readonly userIds: readonly string[] }> => {
  if (scope.country !== undefined && scope.country !== country) return Promise.resolve({ seqs: [], userIds: [] });
  return askSelection(services, selection, { country }, async ({ counted }) => {
    const { connection } = services;
    const ofVariant = `${counted} WHERE variant = ${textLiteral(variant)}`;
    const seqs = await connection.rows<[number]>(`SELECT seq ${ofVariant} ORDER BY seq`, scope.work);
    const users = await connection.rows<[string]>(
      `SELECT user_id ${ofVariant} GROUP BY user_id ORDER BY min(seq)`,
      scope.work,
    );
    return { seqs: seqs.map(([seq]) => Number(seq)), userIds: users.map(([userId]) => userId) };
  });
};

const readSeqs = (
  services: PassServices,
  selection: EventSelection,
  { country, work }: PassScope,
  { variants, arrival }: CountedSelection,
): Promise<readonly number[]> =>
  askSelection(services, selection, { country }, async ({ counted }) => {
    const conditions = [
      ...(variants ? [variants.length === 0 ? '0' : `variant IN (${textList(variants)})`] : []),
      ...(arrival === undefined ? [] : [arrivalSql(services)[arrival]]),
    ];
    const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
    const rows = await services.connection.rows<[number]>(`SELECT seq ${counted}${where} ORDER BY seq`, work);
    return rows.map(([seq]) => Number(seq));
  });

/** What each user did from the first exposure on. */
export const eachOutcome = async (
  services: PassServices,
  selection: EventSelection,
  { country, work }: PassScope,
  request: { readonly eventTypes: readonly string[] | undefined; readonly visit: (outcome: UserOutcome) => void },
): Promise<void> => {
  const { eventTypes, visit } = request;
  const value = 'ifNull(amount, toDecimal128(0, 0))';
  const isRefund = `${value} < 0`;
  const isOrder = eventTypes ? `(NOT ${isRefund} AND event_type IN (${textList(eventTypes)}))` : `${value} > 0`;
  const rows = await askSelection(services, selection, { country }, ({ counted }) => {
    const first = 'argMin(variant, (occurred_at_us, seq)), min(occurred_at_us)';
    const measures = `${first}, uniqExact(variant) > 1, countIf(${isOrder}), toString(sumIf(${value}, ${isRefund} OR ${isOrder}))`;
    const sql = `SELECT user_id, ${measures} ${counted} GROUP BY user_id ORDER BY min(seq)`;
    return services.connection.rows<[string, string, number, number, number, string]>(sql, work);
  });
  for (const [userId, variant, firstAtUs, isCrossover, orders, sum] of rows)
    visit({
      ...{ userId, variant, firstAtUs: Number(firstAtUs), isCrossover: Number(isCrossover) === 1 },
      ...{ orders: Number(orders), value: BigInt(sum) },
    });
};
