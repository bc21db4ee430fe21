import type { SurveySeen } from '../../../src/lib/cells/column-survey.ts';
import type { ColumnPlan } from '../../../src/lib/column.ts';
import type { ValueOptions } from '../../../src/lib/import-options.ts';
import { receiveCsvRows } from '../../../src/sources/csv-rows.ts';
import type { RejectedRow } from '../build-observer.ts';
import type { DatasetLimits } from '../limits.ts';
import { type CsvFile, chunkBytes } from './csv-file.ts';
import { type PlannedColumn, surveysOf } from './plans.ts';
import { RowPass } from './row-pass.ts';
import { type PassedChunk, RowPassing } from './row-passing.ts';

/** A column as the file or, for APPEND and UPSERT, the earlier version names it. */
export interface ColumnSpec extends PlannedColumn {
  readonly name: string;
  readonly header: string;
  /** The index of the column in the file. */
  readonly source: number;
}

/** How the rows of a file are read in one pass over it, which is the same for all its parts. */
export interface FilePass {
  readonly file: CsvFile;
  readonly columns: readonly ColumnSpec[];
  readonly plans: readonly ColumnPlan[];
  /** Columns in which each row must have a value. */
  readonly keys: readonly number[];
  readonly importId: number;
  readonly options: ValueOptions;
  /** The first pass surveys the cells and reports what is rejected. */
  readonly isFirst: boolean;
  readonly limits: DatasetLimits;
}

/** A part of a file, from the start of a row to that of another. */
export interface PartTask {
  readonly pass: FilePass;
  /** The position of its first row in bytes. */
  readonly start: number;
  /** It ends at the first of these positions at which a row begins, else at the end of the file. */
  readonly ends: readonly number[];
  /** The number of its first line. */
  readonly firstLine: number;
  /** The lines of rows that the first pass has rejected by their cells, counted from the first line as 0. */
  readonly rejectedLines: readonly number[];
  /** The staging file to write. */
  readonly staged: string;
}

export interface PartResult {
  readonly staged: string;
  readonly start: number;
  /** Null at the end of the file. */
  readonly end: number | null;
  /** The number of the line after the part. */
  readonly endLine: number;
  readonly rejectedLines: readonly number[];
  /** Rows of the part, and those of them that are in the staging file. */
  readonly read: number;
  readonly rowCount: number;
  readonly lineBytesMax: number;
  /** For each column. */
  readonly nulls: Float64Array;
  readonly misfits: Float64Array;
  readonly isAscii: readonly boolean[];
  readonly hasEscapes: readonly boolean[];
  /** Null in a second pass. */
  readonly seen: readonly SurveySeen[] | null;
}

/** Reads the rows of a part and writes them to its staging file. */
export const readPart = async (
  { pass, start, ends, firstLine, rejectedLines: known, staged }: PartTask,
  onChunk: (chunk: PassedChunk) => Promise<void>,
): Promise<PartResult> => {
  const { file, columns, isFirst, limits } = pass;
  const surveys = isFirst ? surveysOf(columns, pass.options) : null;
  const sources = columns.map(({ source }) => source);
  const names = columns.map(({ name }) => name);
  const sink = new RowPass(staged, { ...pass, surveys, sources, names });
  const { writer } = sink;
  try {
    const rejectedLines = new Set(known.map((line) => firstLine + line));
    let read = 0;
    const passing = new RowPassing({
      ...{ sink, isFirst, limits, rejectedLines },
      onChunk(chunk) {
        read += chunk.rows;
        return onChunk(chunk);
      },
    });
    const { path, dialect } = file;
    const firstOffset = start === dialect.textStart ? dialect.firstOffset : 0;
    const partDialect = { ...dialect, textStart: start, firstLine, firstOffset };
    const options = { path, recordBytesMax: limits.recordBytesMax, chunkBytes, ends };
    const { position, line } = await receiveCsvRows(options, partDialect, passing);
    writer.finish();
    return {
      ...{ staged, start, end: position, endLine: line, read },
      ...{ rowCount: writer.rows, lineBytesMax: writer.lineBytesMax },
      rejectedLines: Array.from(rejectedLines, (each) => each - firstLine),
      ...{ nulls: sink.nulls, misfits: sink.misfits, isAscii: writer.isAscii, hasEscapes: writer.hasEscapes },
      seen: surveys?.map(({ seen }) => seen) ?? null,
    };
  } catch (error) {
    writer.close();
    throw error;
  }
};

/** How much of a part is read. */
export interface PartProgress {
  readonly bytes: number;
  readonly rows: number;
}

/** A part that was read before those in front of it: its lines are counted from 0. */
export interface PartAhead {
  readonly result: PartResult;
  readonly rejects: readonly RejectedRow[];
}

/** Characters of rejected rows that are kept in memory. */
const rejectCharsMax = 4_000_000;

/** Reads a part ahead of its order; null when it has more rejects than are kept in memory until the parts before it are read. */
export const readPartAhead = async (
  task: PartTask,
  onProgress: (progress: PartProgress) => void,
): Promise<PartAhead | null> => {
  const { datasetRejectsMax } = task.pass.limits;
  const rejects: RejectedRow[] = [];
  let [rows, chars] = [0, 0];
  try {
    const result = await readPart(task, async (chunk) => {
      rows += chunk.rows;
      for (const reject of chunk.rejects) {
        rejects.push(reject);
        chars += reject.raw.length;
      }
      if (rejects.length > datasetRejectsMax || chars > rejectCharsMax) throw new TooManyRejects();
      onProgress({ bytes: chunk.position - task.start, rows });
    });
    return { result, rejects };
  } catch (error) {
    if (error instanceof TooManyRejects) return null;
    throw error;
  }
};

class TooManyRejects extends Error {}
