import { createBenchmarkData, createQuestions } from './fixtures.ts';
import { raceAsOf, raceAsOfTexts } from './lookups-as-of.ts';
import { raceIp, raceMmdb } from './lookups-ip.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Race, timesOurs } from './race.ts';
import { figure, type Report, type Target } from './report.ts';

const questionCount = 200_000;
const bytesMax = 16;
const timesSqlite = 50;

const sqliteTarget = (what: string, raced: Race): Target => {
  const sqlite = raced.entries.find(({ name }) => name.startsWith('SQLite'))?.name ?? '';
  const ratio = timesOurs(raced, sqlite, 'wall');
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
export const benchmarkLookups = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, smoke } = options;
  const rounds = roundsOf(options, 7);
  const input = createBenchmarkData(records);
  const count = smoke ? questionCount / 10 : questionCount;
  const questions = createQuestions(input, count);
  const asOf = await raceAsOf(input, questions, rounds);
  const asOfTexts = await raceAsOfTexts(input, questions, rounds);
  const ip = await raceIp(input.ranges, questions, rounds);
  const mmdb = await raceMmdb(records, count, rounds);
  const ownBytes = ip.bytes;
  return {
    name: 'lookups',
    races: [asOf, asOfTexts, ip.race, mmdb],
    tables: [],
    targets: [
      sqliteTarget('status lookup', asOf),
      sqliteTarget('status lookup by user id', asOfTexts),
      sqliteTarget('IP lookup', ip.race),
      bytesTarget('bytes a status change', asOf.entries[0]?.bytes ?? Number.NaN),
      bytesTarget('bytes a range segment, ranges included', ownBytes.total / ownBytes.segments),
    ],
    notes: [
      `${count} random questions, the same for all; medians of ${rounds} rounds in turns, checksums equal.`,
      `IP table: ${figure(records)} ranges, ${figure(ownBytes.segments)} segments; ${figure(ownBytes.total / records)} bytes a range for segments and ranges together.`,
      'Bytes beside the id dictionary; JavaScript peers by growth of the heap, SQLite by its pages, mmdb by its file.',
    ],
  };
};
