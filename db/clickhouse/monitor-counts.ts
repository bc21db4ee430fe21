import type { EventSelection, SelectionTotals, UserVariant } from '../../src/domains/monitor/engine.ts';
import type { Work } from '../../src/lib/work.ts';
import { askSelection, type SelectionSql } from './monitor-selection.ts';
import type { QuestionServices } from './question.ts';

/** Events that are read as examples. */
const examplesMax = 10;

const isOrder = 'ifNull(amount > 0, 0)';

/** The figures of a selection that are not of single users. */
export const readTotals = (
  services: QuestionServices,
  selection: EventSelection,
  work: Work,
): Promise<SelectionTotals> =>
  askSelection(services, selection, {}, async (sql) => {
    const { connection } = services;
    const counts =
      'countIf(is_counted), countIf(is_outside), uniqExactIf(user_id, is_excluded), uniqExactIf(user_id, is_returning)';
    const unnamed = `countIf(is_counted AND experiment = '')`;
    const orders = `countIf(is_order), toString(sumIf(ifNull(amount, 0), is_order)), toString(maxIf(ifNull(amount, 0), is_order))`;
    const largest = `argMaxIf(user_id, (ifNull(amount, 0), -toInt64(seq)), is_order)`;
    const classes = `SELECT *, NOT is_outside AND NOT is_excluded AND NOT is_returning AS is_counted, is_counted AND ${isOrder} AS is_order ${sql.all}`;
    const [row] = await connection.rows<(string | number)[]>(
      `SELECT ${[counts, unnamed, orders, largest].join(', ')} FROM (${classes})`,
      work,
    );
    const [events, outside, excludedUsers, returningUsers, unnamedCount, orderCount] = (row ?? []).map(Number);
    const [total, most, user] = (row ?? []).slice(6).map(String);
    return {
      ...{ events: events ?? 0, outside: outside ?? 0, unnamed: unnamedCount ?? 0 },
      ...{ excludedUsers: excludedUsers ?? 0, returningUsers: returningUsers ?? 0 },
      orders: { count: orderCount ?? 0, total: BigInt(total ?? 0), largest: BigInt(most ?? 0) },
      largestUser: orderCount ? (user ?? null) : null,
      outsideExamples: outside ? await readOutside(services, sql, work) : [],
      accountTypes: await readNames(services, sql, 'account_type', work),
      eventTypes: await readNames(services, sql, 'event_type', work),
    };
  });

const readOutside = async (
  { connection }: QuestionServices,
  { all }: SelectionSql,
  work: Work,
): Promise<SelectionTotals['outsideExamples']> => {
  const sql = `SELECT user_id, occurred_at_us ${all} WHERE is_outside ORDER BY seq LIMIT ${examplesMax}`;
  const rows = await connection.rows<[string, number]>(sql, work);
  return rows.map(([userId, atUs]) => ({ userId, atUs: Number(atUs) }));
};

const readNames = async (
  { connection }: QuestionServices,
  { counted }: SelectionSql,
  column: 'account_type' | 'event_type',
  work: Work,
): Promise<string[]> => {
  const sql = `SELECT ${column} ${counted} GROUP BY ${column} ORDER BY min(seq)`;
  return (await connection.rows<[string]>(sql, work)).map(([name]) => name);
};

const [shift64, shift128] = [`toUInt256('${2n ** 64n}')`, `toUInt256('${2n ** 128n}')`];
/** Added to times, so that none is negative. */
const timeOffset = `toInt64(${2n ** 62n})`;

/** Position in time and the ledger as one number: the least of numbers is found in a fraction of the time of tuples. */
const firstKey = `toUInt256(occurred_at_us + ${timeOffset}) * ${shift64} + seq`;
const timeOf = (key: string): string => `toInt64(intDiv(${key}, ${shift64}) % ${shift64}) - ${timeOffset}`;
const seqOf = (key: string): string => `toUInt64(${key} % ${shift64})`;

/** What each user did in each variant. */
export const eachUser = async (
  services: QuestionServices,
  selection: EventSelection,
  visit: (row: UserVariant) => void,
  work: Work,
): Promise<void> => {
  // A repeat begins anew: what a failed attempt has read is dropped.
  const rows = await askSelection(services, selection, {}, (sql) => {
    const keys = `*, ${firstKey} AS first_key, toUInt256(judged_group) * ${shift128} + first_key AS judged_key`;
    const types =
      'argMin(account_type, first_key) AS account_type_first, argMin(event_type, first_key) AS event_type_first';
    const positions = 'min(first_key) AS first, minIf(judged_key, judged_group > 0) AS judged';
    const users = `SELECT user_id, variant, count() AS events, max(seq) AS last_seq, min(seq) AS first_seq, ${positions}, ${types} FROM (SELECT ${keys} ${sql.placed}) GROUP BY user_id, variant`;
    const first = `${timeOf('first')}, ${seqOf('first')}, account_type_first, event_type_first`;
    const judged = `toUInt64(intDiv(judged, ${shift128})), ${timeOf('judged')}, ${seqOf('judged')}`;
    return services.connection.rows<UserRow>(
      `SELECT user_id, variant, events, last_seq, ${first}, ${judged} FROM (${users}) ORDER BY first_seq`,
      work,
    );
  });
  for (const row of rows) visit(userOf(row));
};

type UserRow = [
  ...[userId: string, variant: string, events: number, lastSeq: number, atUs: number, seq: number],
  ...[accountType: string, eventType: string, group: number, judgedAtUs: number, judgedSeq: number],
];

const userOf = ([
  userId,
  variant,
  events,
  lastSeq,
  atUs,
  seq,
  accountType,
  eventType,
  ...position
]: UserRow): UserVariant => {
  const [group, judgedAtUs, judgedSeq] = position;
  return {
    ...{ userId, variant, events: Number(events), lastSeq: Number(lastSeq) },
    first: { atUs: Number(atUs), seq: Number(seq), accountType, eventType },
    // What the least of none is.
    judged: Number(group) === 0 ? null : { group: Number(group), atUs: Number(judgedAtUs), seq: Number(judgedSeq) },
  };
};
