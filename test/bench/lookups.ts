import { createBenchmarkData, createQuestions } from './fixtures.ts';
import { raceAsOf, raceAsOfTexts } from './lookups-as-of.ts';
import { raceIp, raceMmdb } from './lookups-ip.ts';
import type { Entry, Race } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, type Table, type Target } from './report.ts';

const questionCount = 200_000;
const bytesMax = 16;
const timesSqlite = 50;

const tableOf = ({ title, records, entries }: Race): Table => {
  const ours = entries[0] as Entry;
  return {
    title,
    columns: ['', 'ns a lookup', 'times asof', 'bytes a record', 'times asof'],
    rows: entries.map(({ name, ns, bytes }) => [name, ns, ns / ours.ns, bytes / records, bytes / ours.bytes]),
  };
};

const sqliteTarget = (what: string, { entries }: Race): Target => {
  const ours = entries[0] as Entry;
  const sqlite = entries.find(({ name }) => name.startsWith('SQLite')) as Entry;
  const ratio = sqlite.ns / ours.ns;
  const reached = ratio >= timesSqlite;
  return { what, expected: `${timesSqlite} x SQLite`, found: `${figure(ratio)} x`, reached };
};

const bytesTarget = (what: string, bytes: number): Target => ({
  what,
  expected: `at most ${bytesMax} bytes`,
  found: figure(bytes),
  reached: bytes <= bytesMax,
});

/** Status and city of random questions, beside what npm and SQLite offer. */
export const benchmarkLookups = async ({ records }: BenchmarkOptions): Promise<Report> => {
  const input = createBenchmarkData(records);
  const questions = createQuestions(input, questionCount);
  const asOf = raceAsOf(input, questions);
  const asOfTexts = raceAsOfTexts(input, questions);
  const ip = raceIp(input.ranges, questions);
  const mmdb = raceMmdb(records);
  const ownBytes = ip.bytes;
  return {
    name: 'lookups',
    tables: [asOf, asOfTexts, ip.race, mmdb].map(tableOf),
    targets: [
      sqliteTarget('status lookup', asOf),
      sqliteTarget('status lookup by user id', asOfTexts),
      sqliteTarget('IP lookup', ip.race),
      bytesTarget('bytes a status change', (asOf.entries[0] as Entry).bytes / records),
      bytesTarget('bytes a range segment, ranges included', ownBytes.total / ownBytes.segments),
    ],
    notes: [
      `${questionCount} random questions, the same for all; the best of interleaved rounds; checksums equal.`,
      `IP table: ${figure(records)} ranges, ${figure(ownBytes.segments)} segments; ${figure(ownBytes.total / records)} bytes a range for segments and ranges together.`,
      'Bytes beside the id dictionary; JavaScript peers by growth of the heap, SQLite by its pages, mmdb by its file.',
    ],
  };
};
