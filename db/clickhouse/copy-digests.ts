import { createHash } from 'node:crypto';
import { dayUs } from '../../src/lib/time.ts';
import type { Store } from '../store.ts';
import { type BlockSources, readBlock } from './blocks.ts';
import type { Connection } from './connection.ts';
import { type EventArrivals, noneBeforeUs } from './event-rows.ts';
import { type TableDefinition, tables } from './tables.ts';

/** The tables whose rows are records of the ledger. */
const copied = [
  ...(['transactions', 'experiment_events', 'conversations', 'followup_counts', 'status_changes'] as const),
  ...(['user_attributes', 'user_births', 'user_images'] as const),
];
type CopiedTable = (typeof copied)[number];

/** What is said of the rows of a day, or of all rows of a table without times. */
interface DayDigest {
  rows: number;
  /** In millionths. */
  amounts: bigint;
  /** Of all columns, in any order of the rows. */
  digest: bigint;
}

/** By table and number of the day, null for tables without times. */
type Digests = ReadonlyMap<string, DayDigest>;

interface Compared {
  /** Records up to it are compared. */
  readonly sequence: number;
  /** Share of the records, 0 to 1. */
  readonly share: number;
}

export interface CopyComparison {
  readonly records: number;
  readonly differences: readonly string[];
}

/** Compares the rows in ClickHouse with the ledger, by day: their number, the sum of amounts, and a digest of all they have. */
export const compareCopy = async (
  connection: Connection,
  sources: BlockSources,
  compared: Compared,
): Promise<CopyComparison> => {
  const own = await digestsOfLedger(sources, compared);
  const other = await digestsOfCopy(connection, compared);
  const differences: string[] = [];
  let records = 0;
  for (const key of new Set([...own.keys(), ...other.keys()])) {
    const [expected, found] = [own.get(key) ?? noRows, other.get(key) ?? noRows];
    records += expected.rows;
    const difference = differenceOf(expected, found);
    if (difference !== undefined) differences.push(`${describe(key)}: ${difference}`);
  }
  return { records, differences };
};

const noRows: DayDigest = { rows: 0, amounts: 0n, digest: 0n };

const differenceOf = (expected: DayDigest, found: DayDigest): string | undefined => {
  if (found.rows !== expected.rows) return `${found.rows} rows in ClickHouse, ${expected.rows} in the ledger`;
  if (found.amounts !== expected.amounts)
    return `amounts of ${found.amounts} millionths in ClickHouse, of ${expected.amounts} in the ledger`;
  return found.digest === expected.digest ? undefined : `${found.rows} rows, of which some have other values`;
};

const keyOf = (table: CopiedTable, day: number | null): string => JSON.stringify([table, day]);

const describe = (key: string): string => {
  const [table, day] = JSON.parse(key) as [string, number | null];
  return day === null ? table : `${table} of ${new Date(day * (dayUs / 1000)).toISOString().slice(0, 10)}`;
};

const timeColumns = ['occurred_at_us', 'at_us', 'start_at_us'];
const timeIndexOf = ({ columns }: TableDefinition): number => columns.findIndex((name) => timeColumns.includes(name));

/** Records that are read at once. */
const rangeRecords = 20_000;
/** Records are in the sample, or not, in ranges of so many: both sides find the same ones without looking at others. */
const sampleRecords = 1000;
const factor = 2_654_435_761;
const modulus = 2 ** 32;

const isInSample = (seq: number, share: number): boolean =>
  Number((BigInt(Math.floor(seq / sampleRecords)) * BigInt(factor)) % BigInt(modulus)) < share * modulus;

const sampleCondition = (share: number): string =>
  share >= 1
    ? ''
    : ` AND (intDiv(seq, ${sampleRecords}) % ${modulus}) * ${factor} % ${modulus} < ${Math.ceil(share * modulus)}`;

const mask = 2n ** 64n - 1n;

const digestsOfLedger = async (sources: BlockSources, { sequence, share }: Compared): Promise<Digests> => {
  const digests = new Map<string, DayDigest>();
  const arrivals: EventArrivals = { newestUs: noneBeforeUs };
  for (let after = 0; after < sequence; ) {
    const upTo = Math.min(endOfCommit(sources.store, after + rangeRecords), sequence);
    const block = await readBlock(sources, { after, upTo }, arrivals);
    after = upTo;
    for (const table of copied) {
      const definition: TableDefinition = tables[table];
      const [seqIndex, timeIndex, amountIndex] = [
        definition.columns.indexOf('seq'),
        timeIndexOf(definition),
        definition.columns.indexOf('amount'),
      ];
      for (const row of block.get(table) ?? []) {
        if (!isInSample(row[seqIndex] as number, share)) continue;
        const day = timeIndex === -1 ? null : Math.floor((row[timeIndex] as number) / dayUs);
        const key = keyOf(table, day);
        const digest = digests.get(key) ?? { ...noRows };
        digest.rows++;
        digest.amounts += BigInt((row[amountIndex] as string | null | undefined) ?? 0);
        digest.digest = (digest.digest + digestOf(row)) & mask;
        digests.set(key, digest);
      }
    }
  }
  return digests;
};

/** The last record of the commit of a record; the record itself beyond the end. */
const endOfCommit = (store: Store, seq: number): number => store.commitsAfter(seq - 1, 1)[0]?.lastSeq ?? seq;

const digestOf = (row: readonly unknown[]): bigint => {
  const text = row.map((value) => (Array.isArray(value) ? `[${value.join(',')}]` : String(value ?? ''))).join('\n');
  return createHash('md5').update(text).digest().readBigUInt64LE(0);
};

const digestsOfCopy = async (connection: Connection, { sequence, share }: Compared): Promise<Digests> => {
  const digests = new Map<string, DayDigest>();
  for (const table of copied) {
    const definition: TableDefinition = tables[table];
    const time = definition.columns[timeIndexOf(definition)];
    const day = time === undefined ? 'NULL' : `intDiv(${time} - positiveModulo(${time}, ${dayUs}), ${dayUs})`;
    const amounts = definition.columns.includes('amount') ? `sum(ifNull(amount, toDecimal128(0, 0)))` : '0';
    const text = definition.columns.map((name) => `ifNull(toString(${name}), '')`).join(`, '\\n', `);
    const digest = `sum(reinterpretAsUInt64(substring(MD5(concat(${text})), 1, 8)))`;
    const sql = `SELECT ${day} AS day, count(), toString(${amounts}), toString(${digest}) FROM ${connection.table(table)} WHERE seq <= ${sequence}${sampleCondition(share)} GROUP BY day`;
    await connection.each<[number | null, number, string, string]>(sql, ([number, rows, sum, sumOfDigests]) => {
      const key = keyOf(table, number === null ? null : Number(number));
      digests.set(key, { rows: Number(rows), amounts: BigInt(sum), digest: BigInt(sumOfDigests) & mask });
    });
  }
  return digests;
};
