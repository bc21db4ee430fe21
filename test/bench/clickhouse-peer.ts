import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { statusCodes } from '../../src/domains/user-status/status.ts';
import type { GroupRow } from './duckdb.ts';
import { type BenchmarkData, cityCount, cityName } from './fixtures.ts';
import { flatten } from './flatten.ts';

interface Session {
  queryAsync(sql: string, options: { format: string }): Promise<{ text(): string }>;
  close(): void;
}

/** A name that the bundler does not look up: it is installed where somebody has done so, for it takes 550 MB. */
const engine: string = 'chdb';

const openSession = async (folder: string): Promise<Session | null> => {
  const found = (await import(engine).catch(() => null)) as { Session: new (path: string) => Session } | null;
  return found && new found.Session(folder);
};

/** Bytes of a number in a file of rows, and how it is written. */
const widths = {
  UInt8: [1, (row: Buffer, value: number, at: number) => row.writeUInt8(value, at)],
  UInt32: [4, (row: Buffer, value: number, at: number) => row.writeUInt32LE(value, at)],
  Int64: [8, (row: Buffer, value: number, at: number) => row.writeBigInt64LE(BigInt(value), at)],
} as const;

type Column = readonly [name: string, type: keyof typeof widths, values: ArrayLike<number>];

const rowBinary = (columns: readonly Column[]): Buffer => {
  const bytes = columns.reduce((sum, [, type]) => sum + widths[type][0], 0);
  const rows = (columns[0] as Column)[2].length;
  const buffer = Buffer.alloc(rows * bytes);
  for (let row = 0, at = 0; row < rows; row++)
    for (const [, type, values] of columns) {
      const [width, write] = widths[type];
      write(buffer, values[row] as number, at);
      at += width;
    }
  return buffer;
};

/**
 * ClickHouse in this process, loaded with numbers in place of texts as DuckDB is: status changes, disjoint IP segments, transactions,
 * all in tables of MergeTree. Null where it is not installed.
 */
export const openClickhouse = async (input: BenchmarkData) => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-bench-clickhouse-'));
  mkdirSync(join(folder, 'data'));
  const session = await openSession(join(folder, 'data'));
  if (!session) {
    rmSync(folder, { recursive: true });
    return null;
  }
  const run = async (sql: string): Promise<string> =>
    (await session.queryAsync(sql, { format: 'JSONCompactEachRow' })).text();
  await run('create database bench');
  const fill = async (table: string, order: string, columns: readonly Column[]): Promise<void> => {
    const path = join(folder, `${table}.bin`);
    writeFileSync(path, rowBinary(columns));
    const list = columns.map(([name, type]) => `${name} ${type}`).join(', ');
    await run(`create table bench.${table} (${list}) engine = MergeTree order by ${order}`);
    await run(`insert into bench.${table} select * from file('${path}', 'RowBinary', '${list}')`);
    rmSync(path);
  };
  const { changes, facts, ranges } = input;
  const segments = flatten(ranges);
  await fill('changes', '(usr, at_us)', [
    ['usr', 'UInt32', changes.user],
    ['at_us', 'Int64', changes.atUs],
    ['status', 'UInt8', changes.status],
  ]);
  await fill('segments', 'first', [
    ['first', 'UInt32', segments.first],
    ['last', 'UInt32', segments.last],
    ['city', 'UInt32', segments.city],
  ]);
  await fill('facts', 'at_us', [
    ['usr', 'UInt32', facts.user],
    ['at_us', 'Int64', facts.atUs],
    ['cents', 'Int64', facts.cents],
    ['ip', 'UInt32', facts.ip],
  ]);
  const cities = Array.from({ length: cityCount + 1 }, (_city, code) => cityName(code));
  const groups = async (sql: string): Promise<GroupRow[]> =>
    (await run(sql))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => {
        const [status, city, n, cents] = (JSON.parse(line) as (number | string)[]).map(Number) as [
          number,
          number,
          number,
          number,
        ];
        return [statusCodes[status] as string, cities[city] as string, n, cents];
      });
  // An ASOF join needs an equality besides: all segments share one.
  const joined = `
    select c.status as status, if(f.ip <= s.last, s.city, 0) as city, f.at_us as at_us, f.cents as cents
    from (select *, 0 as one from bench.facts) f
    asof left join bench.changes c on f.usr = c.usr and f.at_us >= c.at_us
    asof left join (select *, 0 as one from bench.segments) s on f.one = s.one and f.ip >= s.first`;
  const measures = 'status, city, count() as n, sum(cents) as cents';
  return {
    /** The default aggregate. */
    aggregate: (): Promise<GroupRow[]> => groups(`select ${measures} from (${joined}) group by status, city`),
    /** Stores the joined facts in the order of time. */
    async store(): Promise<void> {
      await run(`create table bench.stored engine = MergeTree order by at_us as select * from (${joined})`);
    },
    /** The default aggregate of the stored facts of a span. */
    aggregateOf: (fromUs: number, toUs: number): Promise<GroupRow[]> =>
      groups(`select ${measures} from bench.stored where at_us >= ${fromUs} and at_us < ${toUs} group by status, city`),
    close(): void {
      session.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
