import { DuckDBInstance } from '@duckdb/node-api';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import { type BenchmarkData, cityCount, cityName } from './fixtures.ts';
import { flatten } from './flatten.ts';

/** A group of the default aggregate as its reader gets it. */
export type GroupRow = readonly [status: string, city: string, count: number | bigint, cents: number | bigint];

/**
 * DuckDB in memory, loaded with numbers in position of texts: status changes, disjoint IP segments, transactions. It gets
 * the segments ready-made; the rule of overlaps is not its to apply.
 */
export const openDuckdb = async (input: BenchmarkData) => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const fill = async (
    table: string,
    columns: string,
    rows: number,
    cellsOf: (row: number) => number[],
  ): Promise<void> => {
    await connection.run(`create table ${table} (${columns})`);
    const appender = await connection.createAppender(table);
    for (let row = 0; row < rows; row++) {
      for (const cell of cellsOf(row)) appender.appendBigInt(BigInt(cell));
      appender.endRow();
    }
    appender.closeSync();
  };

  const { changes, facts } = input;
  const cities = Array.from({ length: cityCount + 1 }, (_city, code) => cityName(code));
  const segments = flatten(input.ranges);
  await fill('changes', 'seq integer, usr integer, at_us bigint, status tinyint', changes.user.length, (row) => [
    row + 1,
    changes.user[row] as number,
    changes.atUs[row] as number,
    changes.status[row] as number,
  ]);
  await fill('segments', 'first uinteger, last uinteger, city integer', segments.first.length, (row) => [
    segments.first[row] as number,
    segments.last[row] as number,
    segments.city[row] as number,
  ]);
  await fill(
    'facts',
    'usr integer, at_us bigint, cents bigint, ip uinteger, product integer',
    facts.user.length,
    (row) => [
      facts.user[row] as number,
      facts.atUs[row] as number,
      facts.cents[row] as number,
      facts.ip[row] as number,
      facts.product[row] as number,
    ],
  );

  const [[threads] = []] = (await connection.runAndReadAll(`select current_setting('threads')`)).getRows();
  const groups = async (sql: string): Promise<GroupRow[]> => {
    const rows = (await connection.runAndReadAll(sql)).getRows();
    return rows.map(([status, city, n, cents]) => [
      statusCodes[status as number] as string,
      cities[city as number] as string,
      n as bigint,
      cents as bigint,
    ]);
  };
  /** Facts with what they are joined to; `knownSeq` leaves out status changes recorded later. */
  const joined = (knownSeq?: number): string => {
    const known = knownSeq === undefined ? 'changes' : `(select * from changes where seq <= ${knownSeq})`;
    return `
      select coalesce(c.status, 0) as status, case when f.ip <= s.last then s.city else 0 end as city, f.at_us, f.cents, f.usr, f.product
      from facts f
      asof left join ${known} c on f.usr = c.usr and f.at_us >= c.at_us
      asof left join segments s on f.ip >= s.first`;
  };
  const measures = 'status, city, count(*) as n, sum(cents) as cents';
  return {
    threads: Number(threads),
    /** The default aggregate. */
    aggregate: (knownSeq?: number): Promise<GroupRow[]> =>
      groups(`select ${measures} from (${joined(knownSeq)}) group by all`),
    /** Stores the joined facts, in the order of time: what a question about a span reads of them is next to each other. */
    async store(): Promise<void> {
      await connection.run(`create or replace table stored as ${joined()} order by at_us`);
    },
    /** The default aggregate of the stored facts of a span. */
    aggregateOf: (fromUs: number, toUs: number): Promise<GroupRow[]> =>
      groups(`select ${measures} from stored where at_us >= ${fromUs} and at_us < ${toUs} group by all`),
    /** Rows of any query of the stored facts, as numbers. */
    rowsOf: async (sql: string): Promise<unknown[][]> => (await connection.runAndReadAll(sql)).getRows() as unknown[][],
    async addChange(seq: number, user: number, atUs: number, status: number): Promise<void> {
      await connection.run(`insert into changes values (${seq}, ${user}, ${atUs}, ${status})`);
    },
    close: (): void => connection.closeSync(),
  };
};
