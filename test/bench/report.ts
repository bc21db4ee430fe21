import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Spread } from './measure.ts';
import type { Race } from './race.ts';

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
}

/** A bound the project set itself, and what was found. */
export interface Target {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly reached: boolean;
}

export interface Report {
  readonly name: string;
  readonly races?: readonly Race[];
  /** How often answers were compared beside those of the races. */
  readonly comparisons?: number;
  readonly tables: readonly Table[];
  readonly targets: readonly Target[];
  readonly notes: readonly string[];
}

const print = (line: string): void => void process.stdout.write(`${line}\n`);

const printTable = ({ title, columns, rows: cells }: Table): void => {
  const formatted = (cell: string | number | null): string => (typeof cell === 'number' ? figure(cell) : (cell ?? ''));
  const rows = cells.map((row) => row.map(formatted));
  const widths = columns.map((column, position) =>
    Math.max(column.length, ...rows.map((row) => row[position]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, position) => (position === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[position] ?? 0)))
      .join('  ');
  print(`\n${title}`);
  print(line(columns));
  print(widths.map((width) => '-'.repeat(width)).join('  '));
  for (const row of rows) print(line(row));
};

/** The median, and in parentheses the least and the greatest. */
export const spreadText = ({ median, least, greatest }: Spread): string =>
  least === greatest ? figure(median) : `${figure(median)} (${figure(least)} to ${figure(greatest)})`;

/** Medians of the rounds, with the least and the greatest; how many times as much as ours of each. */
const tableOf = ({ question, unit, entries }: Race): Table => {
  const [ours] = entries;
  const times = (measure: 'wall' | 'cpu', entry: Race['entries'][number]): string =>
    `${figure(entry[measure].median / (ours ?? entry)[measure].median)} x`;
  const [hasStalls, hasBytes] = [
    entries.some(({ stallMs }) => stallMs !== undefined),
    entries.some(({ bytes }) => bytes !== undefined),
  ];
  return {
    title: question,
    columns: [
      ...['', `${unit}`, 'times ours', `${unit} of CPU`, 'times ours'],
      ...(hasStalls ? ['longest stall, ms', 'of work'] : []),
      ...(hasBytes ? ['bytes a record'] : []),
    ],
    rows: entries.map((entry) => [
      ...[entry.name, spreadText(entry.wall), times('wall', entry), spreadText(entry.cpu), times('cpu', entry)],
      ...(hasStalls ? [entry.stallMs ?? null, entry.busyMs ?? null] : []),
      ...(hasBytes ? [entry.bytes ?? null] : []),
    ]),
  };
};

export const printReport = ({ races = [], tables, notes }: Report): void => {
  for (const each of races) printTable(tableOf(each));
  for (const table of tables) printTable(table);
  for (const note of notes) print(`* ${note}`);
};

/** What a smoke run says of a benchmark: no times, which mean nothing at its size. */
export const printSmoke = ({ name, races = [], comparisons = 0 }: Report): void => {
  const count = races.length + comparisons;
  print(`${name}: ${count === 0 ? 'ran, has no peers' : `${count} comparisons, all answers equal`}`);
};

export const printTargets = (reports: readonly Report[]): void =>
  printTable({
    title: 'TARGETS',
    columns: ['target', 'expected', 'found', ''],
    rows: reports.flatMap(({ targets }) =>
      targets.map(({ what, expected, found, reached }) => [what, expected, found, reached ? 'reached' : 'NOT reached']),
    ),
  });

export const machine = (): string => {
  const model = cpus()[0]?.model ?? 'unknown processor';
  const gigabytes = Math.round(totalmem() / 2 ** 30);
  return `${availableParallelism()} cores (${model}), ${gigabytes} GB, ${process.platform}, Node ${process.versions.node}`;
};

/** A number with three digits that count, whole from 100 on. */
export const figure = (value: number): string =>
  (value >= 100 ? Math.round(value) : Number(value.toPrecision(3))).toLocaleString('en', { maximumFractionDigits: 9 });

const stallMsMax = 50;

export const stallTarget = (what: string, { stallMs, busyMs }: { stallMs: number; busyMs: number }): Target => ({
  what,
  expected: `at most ${stallMsMax} ms`,
  found: `${figure(stallMs)} ms, ${figure(busyMs)} of work`,
  reached: stallMs <= stallMsMax,
});

/** How many times as much, as text: `12.3 x`. */
export const times = (value: number, base: number): string => `${figure(value / base)} x`;
