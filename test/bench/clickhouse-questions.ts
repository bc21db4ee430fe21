import { readFileSync } from 'node:fs';
import type { App } from '../../src/app.ts';
import { median } from './measure.ts';

export interface Comparison {
  readonly name: string;
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly sqlCpuSeconds: number;
  readonly sqlSeconds: number;
}

interface Compared {
  readonly app: App;
  readonly clickhouse: string;
  readonly clickhousePid: string;
  readonly clickhouseDatabase: string;
  /** A sequence number behind the transactions, before everything that is stored as joined. */
  readonly beforeEvents: number;
}

interface Question {
  readonly name: string;
  /** Both are about the same facts, in each round about others: answers are remembered. */
  graphql(round: number): string;
  sql(round: number): string;
}

const rounds = 5;
/** `utime` and `stime` of a process, in hundredths of a second. */
const cpuSecondsOf = (pid: string): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const questionsOf = (database: string, tables: readonly [string, string], beforeEvents: number): Question[] => {
  const [transactions, events] = tables;
  const leastOf = (round: number): number => -1 - round;
  const where = (round: number): string => `amount >= toDecimal128('${leastOf(round)}000000', 0)`;
  return [
    {
      name: 'transactions by status and city',
      graphql: (round) =>
        `enrichedAggregate(groupBy: [USER_STATUS, CITY], first: 500, where: { amountAtLeast: "${leastOf(round)}" })`,
      sql: (round) =>
        `SELECT count(), sum(n) FROM (SELECT d_user_status, d_city, count() AS n, sum(amount) FROM ${transactions} WHERE ${where(round)} GROUP BY 1, 2)`,
    },
    {
      name: 'events by variant and status',
      graphql: (round) =>
        `enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: [VARIANT, USER_STATUS], first: 500, where: { amountAtLeast: "${leastOf(round)}" })`,
      sql: (round) =>
        `SELECT count(), sum(n) FROM (SELECT variant, d_user_status, count() AS n, sum(amount) FROM ${events} WHERE ${where(round)} GROUP BY 1, 2)`,
    },
    {
      name: 'transactions by status, as of an earlier sequence number',
      graphql: (round) =>
        `enrichedAggregate(groupBy: [USER_STATUS], first: 500, asOf: { sequence: ${beforeEvents - round} })`,
      sql(round) {
        const sequence = beforeEvents - round;
        const changes = `SELECT user_id, at_us, argMax(status, seq) AS status FROM ${database}.status_changes WHERE seq <= ${sequence} GROUP BY user_id, at_us`;
        const facts = `SELECT user_id, occurred_at_us, amount FROM ${database}.transactions WHERE seq <= ${sequence}`;
        return `SELECT count(), sum(n) FROM (SELECT if(s.status = '', 'non-paying', s.status) AS status, count() AS n, sum(amount) FROM (${facts}) AS f ASOF LEFT JOIN (${changes}) AS s ON f.user_id = s.user_id AND f.occurred_at_us >= s.at_us GROUP BY 1)`;
      },
    },
  ];
};

/** Asks the server and ClickHouse in turns. Processor time is that of both processes. */
export const compareWithSql = async (compared: Compared): Promise<Comparison[]> => {
  const { clickhouse, clickhouseDatabase, beforeEvents } = compared;
  const run = async (sql: string): Promise<string> => {
    const response = await fetch(clickhouse, { method: 'POST', body: sql });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text.trim();
  };
  const tables = [
    await storeByHand(run, clickhouseDatabase, 'transactions', 'd_user_status, d_city'),
    await storeByHand(run, clickhouseDatabase, 'experiment_events', 'variant, d_user_status'),
  ] as const;
  const comparisons: Comparison[] = [];
  for (const question of questionsOf(clickhouseDatabase, tables, beforeEvents))
    comparisons.push(await compareOne(compared, question, run));
  return comparisons;
};

/** The table that somebody would make for such questions, without a history. Its name. */
const storeByHand = async (
  run: (sql: string) => Promise<string>,
  database: string,
  kind: string,
  dimensions: string,
): Promise<string> => {
  const [stored] = (
    await run(
      `SELECT name FROM system.tables WHERE database = '${database}' AND name LIKE 'enriched_${kind}_%' ORDER BY name DESC LIMIT 1`,
    )
  ).split('\n');
  const table = `${database}_by_hand.${kind}`;
  await run(`CREATE DATABASE IF NOT EXISTS ${database}_by_hand`);
  await run(`DROP TABLE IF EXISTS ${table}`);
  const columns = `seq, user_id, occurred_at_us, amount, ${dimensions}`;
  await run(
    `CREATE TABLE ${table} ENGINE = MergeTree ORDER BY (user_id, occurred_at_us, seq) AS SELECT ${columns} FROM ${database}.${stored}`,
  );
  return table;
};

interface Cost {
  readonly answer: string;
  readonly cpu: number;
  readonly seconds: number;
}

const compareOne = async (
  { app, clickhousePid }: Compared,
  question: Question,
  run: (sql: string) => Promise<string>,
): Promise<Comparison> => {
  const cost = async (work: () => Promise<string>): Promise<Cost> => {
    const [own, other, startMs] = [process.cpuUsage(), cpuSecondsOf(clickhousePid), performance.now()];
    const answer = await work();
    const { user, system } = process.cpuUsage(own);
    const cpu = (user + system) / 1e6 + cpuSecondsOf(clickhousePid) - other;
    return { answer, cpu, seconds: (performance.now() - startMs) / 1000 };
  };
  const [ours, theirs]: [Cost[], Cost[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    const [own, sql] = [
      await cost(() => ask(app, question.graphql(round))),
      await cost(() => run(question.sql(round))),
    ];
    if (own.answer !== sql.answer) throw new Error(`${question.name}: ${own.answer} instead of ${sql.answer}`);
    ours.push(own);
    theirs.push(sql);
  }
  const [own, sql] = [ours, theirs].map((costs) => [
    median(costs.map(({ cpu }) => cpu)),
    median(costs.map(({ seconds }) => seconds)),
  ]) as [[number, number], [number, number]];
  return { name: question.name, cpuSeconds: own[0], seconds: own[1], sqlCpuSeconds: sql[0], sqlSeconds: sql[1] };
};

/** The number of groups and of facts, as the statements have them. */
const ask = async (app: App, field: string): Promise<string> => {
  const body = JSON.stringify({
    query: `{ ${field} { totalCount total { count sum } nodes { measures { count sum } } } }`,
  });
  const headers = { 'content-type': 'application/json' };
  const response = await app.fetch(new Request('http://localhost/graphql', { method: 'POST', headers, body }));
  const { data, errors } = (await response.json()) as {
    readonly data?: { readonly enrichedAggregate: { readonly totalCount: number; readonly total: { count: number } } };
    readonly errors?: readonly unknown[];
  };
  if (!data || errors) throw new Error(JSON.stringify(errors));
  return `${data.enrichedAggregate.totalCount}\t${data.enrichedAggregate.total.count}`;
};
