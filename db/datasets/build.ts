import { rm, stat } from 'node:fs/promises';
import { DomainError, type FieldProblem } from '../../src/errors.ts';
import { readCsvRows } from '../../src/sources/csv-rows.ts';
import { detectCsvDialect } from '../../src/sources/format.ts';
import { type ColumnFile, readColumnFile } from './column-file.ts';
import type { BuildProgress, BuildRequest, BuildResult, DatasetLimits, RejectedRow } from './engine.ts';
import { mergedRows } from './merge.ts';
import { type ColumnSpec, type TextRow, type TextRows, writeColumns } from './write-columns.ts';

export interface BuildReport {
  progress(standing: BuildProgress): void;
  rejects(rows: readonly RejectedRow[]): Promise<void>;
}

const chunkBytes = 256 * 1024;

/** Rejected rows told at once. */
const rejectsAtOnce = 200;

/**
 * Builds a version from a CSV file, and for APPEND and UPSERT from an earlier version. Throws NOT_A_TABLE or
 * SCHEMA_CHANGED when the file as a whole is at fault, BAD_REQUEST when columns are named that are not there.
 */
export const buildTable = async (
  wanted: BuildRequest,
  limits: DatasetLimits,
  report: BuildReport,
): Promise<BuildResult> => {
  const { target, mode, earlier } = wanted;
  const incoming = openCsv(wanted, limits, report);
  if (earlier === null || mode === 'REPLACE') {
    const { named, rows } = await incoming;
    checkKeys(wanted.keyColumns, named);
    const { columns, rowCount } = await writeColumns(target, named, rows, () => rm(target, { force: true }));
    const account = (await incoming).account();
    return { columns, rowCount, ...account, accepted: rowCount, unchanged: 0 };
  }
  const old = readColumnFile(earlier);
  const staged = `${target}.staged`;
  try {
    const { named, rows, account } = await incoming;
    checkSameColumns(old, named);
    const filled = await writeColumns(staged, named, rows, () => rm(staged, { force: true }));
    const added = readColumnFile(staged);
    try {
      const keys = mode === 'UPSERT' ? checkKeys(wanted.keyColumns, named) : [];
      const asked = new Map(wanted.columns.map(({ column, type }) => [column, type]));
      const kept = old.columns.map(
        ({ name, header, type, isExplicit: isAsked }): ColumnSpec => ({
          name,
          header,
          explicitType: asked.get(name) ?? (isAsked ? type : undefined),
        }),
      );
      const merged = mergedRows(old, added, keys);
      const { columns, rowCount } = await writeColumns(target, kept, merged.rows, () => rm(target, { force: true }));
      const unchanged = merged.unchanged();
      return { columns, rowCount, ...account(), accepted: filled.rowCount - unchanged, unchanged };
    } finally {
      added.close();
    }
  } finally {
    old.close();
    await rm(staged, { force: true });
  }
};

interface OpenCsv {
  readonly named: readonly ColumnSpec[];
  readonly rows: TextRows;
  account(): { readonly read: number; readonly rejected: number };
}

const openCsv = async (wanted: BuildRequest, limits: DatasetLimits, report: BuildReport): Promise<OpenCsv> => {
  const { path, importId } = wanted;
  const { size: bytes } = await stat(path);
  const { textStart, separator, rowEnd } = await detectCsvDialect(path, bytes);
  const file = { path, bytes, textStart, chunkBytes };
  let header: readonly string[] = [];
  const onHeader = (cells: string[]): void => {
    header = cells;
  };
  const options = {
    recordBytesMax: limits.recordBytesMax,
    separator,
    rowEnd,
    onHeader,
    recoversOpenQuotes: true as const,
  };
  let read = 0;
  let rejected = 0;
  let isFirstTime = true;

  async function* rows(): AsyncGenerator<readonly TextRow[]> {
    const isTold = isFirstTime;
    isFirstTime = false;
    let waiting: RejectedRow[] = [];
    const tell = async (): Promise<void> => {
      const told = waiting;
      waiting = [];
      if (told.length > 0) await report.rejects(told);
    };
    for await (const batch of readCsvRows(file, options)) {
      const sound: TextRow[] = [];
      for (const row of batch.rows) {
        const problem = row.fault ? { path: '', ...row.fault } : problemOf(row, limits);
        if (problem === null) sound.push({ cells: row.cells as string[], line: row.line, importId });
        else if (isTold) {
          rejected += 1;
          waiting.push({ line: row.line, raw: row.raw.replaceAll('\0', '\uFFFD'), problems: [problem] });
          if (waiting.length >= rejectsAtOnce) await tell();
        }
      }
      if (isTold) {
        read += batch.rows.length;
        await tell();
        report.progress({ bytesRead: batch.bytesRead, read, rejected });
        if (rejected > limits.datasetRejectsMax)
          throw new DomainError(
            'NOT_A_TABLE',
            `more than ${limits.datasetRejectsMax} rows cannot be read (setting datasetRejectsMax)`,
          );
      }
      if (sound.length > 0) yield sound;
    }
  }

  // The header is known when the first rows have come: they are held back until someone asks.
  const begun = rows();
  const first = await begun.next();
  const asked = new Map(wanted.columns.map(({ column, type }) => [column, type]));
  const named = namesOf(header).map((name, place) => ({
    name,
    header: header[place] as string,
    explicitType: asked.get(name),
  }));
  if (named.length > limits.datasetColumnsMax)
    throw new DomainError(
      'NOT_A_TABLE',
      `the header has ${named.length} columns, over the limit of ${limits.datasetColumnsMax} (setting datasetColumnsMax)`,
    );
  checkNamed('columns', [...asked.keys()], named);
  let held: IteratorResult<readonly TextRow[]> | null = first;
  return {
    named,
    async *rows() {
      const opening = held;
      held = null;
      if (opening === null) return yield* rows();
      if (!opening.done) yield opening.value;
      yield* begun;
    },
    account: () => ({ read, rejected }),
  } as OpenCsv;
};

const problemOf = (
  { raw, cells }: { readonly raw: string; readonly cells?: readonly string[] },
  { datasetCellLengthMax }: DatasetLimits,
): FieldProblem | null => {
  if (raw.includes('\0')) return { path: '', code: 'MALFORMED', message: 'the row contains a NUL character' };
  if (raw.length <= datasetCellLengthMax || !cells?.some(({ length }) => length > datasetCellLengthMax)) return null;
  const message = `a cell has more than ${datasetCellLengthMax} characters (setting datasetCellLengthMax)`;
  return { path: '', code: 'OUT_OF_RANGE', message };
};

/** A name of its own for each column: its header, or where another has that already, with a number behind it. */
const namesOf = (header: readonly string[]): string[] => {
  const taken = new Set<string>(header);
  const seen = new Set<string>();
  return header.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (taken.has(`${name}_${number}`)) number += 1;
    taken.add(`${name}_${number}`);
    return `${name}_${number}`;
  });
};

const checkNamed = (what: string, names: readonly string[], named: readonly ColumnSpec[]): void => {
  const missing = names.filter((name) => !named.some((column) => column.name === name));
  if (missing.length === 0) return;
  const message = `${what} names ${list(missing)}, which the file does not have; it has ${list(named.map(({ name }) => name))}`;
  throw new DomainError('BAD_REQUEST', message, {
    problems: [{ path: what, code: 'NOT_ALLOWED', message }],
  });
};

const checkKeys = (keys: readonly string[], named: readonly ColumnSpec[]): number[] => {
  checkNamed('keyColumns', keys, named);
  return keys.map((key) => named.findIndex(({ name }) => name === key));
};

const checkSameColumns = (old: ColumnFile, named: readonly ColumnSpec[]): void => {
  const before = old.columns.map(({ name }) => name);
  const now = named.map(({ name }) => name);
  const missing = before.filter((name) => !now.includes(name));
  const further = now.filter((name) => !before.includes(name));
  if (missing.length + further.length === 0) return;
  const parts = [
    missing.length > 0 ? `${list(missing)} is missing` : '',
    further.length > 0 ? `${list(further)} is new` : '',
  ].filter(Boolean);
  throw new DomainError('SCHEMA_CHANGED', `the file has other columns than the dataset: ${parts.join(', ')}`);
};

const list = (names: readonly string[]): string => {
  const text = names.map((name) => JSON.stringify(name)).join(', ');
  return text.length > 300 ? `${text.slice(0, 300).toWellFormed()}…` : text;
};
