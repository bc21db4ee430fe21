import { stat } from 'node:fs/promises';
import { DomainError, type FieldProblem } from '../../../src/errors.ts';
import type { FileDialect } from '../../../src/lib/import-options.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import { type CsvBatch, readCsvRows } from '../../../src/sources/csv-rows.ts';
import { detectDialect, fileDialect } from '../../../src/sources/dialect.ts';
import type { BuildObserver, BuildRequest, DatasetLimits, RejectedRow } from '../engine.ts';

export type BuildCallbacks = Omit<BuildObserver, 'signal'>;

const chunkBytes = 256 * 1024;

/** Rejected rows of one message. */
const rejectsPerMessage = 200;

/** Accepts a row's cells, or says why the row is rejected. */
export type RowSink = (cells: readonly string[], line: number) => FieldProblem | null;

/** The rows of a CSV file. They may be read several times; the first pass counts them and reports progress and rejects. */
export class CsvInput {
  readonly header: readonly string[];
  readonly dialect: FileDialect;
  readonly #batches: () => AsyncIterable<CsvBatch>;
  readonly #limits: DatasetLimits;
  readonly #callbacks: BuildCallbacks;
  #read = 0;
  #rejected = 0;
  #isFirstPass = true;
  /** The lines of the rows that a sink has rejected: what one pass rejects, the next one does not accept. */
  readonly #rejectedLines = new Set<number>();

  /** Throws NOT_A_TABLE when the file is no table, BAD_REQUEST for a header line that it does not have. */
  static async open(request: BuildRequest, limits: DatasetLimits, callbacks: BuildCallbacks): Promise<CsvInput> {
    const { path, delimiter, encoding, headerLine } = request;
    const { size: bytes } = await stat(path);
    const dialect = await detectDialect(path, bytes, { delimiter, encoding, headerLine });
    const header = dialect.names;
    if (header.length > limits.datasetColumnsMax)
      throw new DomainError(
        'NOT_A_TABLE',
        `the header has ${header.length} columns, over the limit of ${limits.datasetColumnsMax} (setting datasetColumnsMax)`,
      );
    const { recordBytesMax } = limits;
    const batches = () => readCsvRows({ path, recordBytesMax, chunkBytes }, dialect);
    return new CsvInput({ header, dialect: fileDialect(dialect), batches, limits, callbacks });
  }

  private constructor(parts: {
    readonly header: readonly string[];
    readonly dialect: FileDialect;
    readonly batches: () => AsyncIterable<CsvBatch>;
    readonly limits: DatasetLimits;
    readonly callbacks: BuildCallbacks;
  }) {
    this.header = parts.header;
    this.dialect = parts.dialect;
    this.#batches = parts.batches;
    this.#limits = parts.limits;
    this.#callbacks = parts.callbacks;
  }

  get counts(): { readonly read: number; readonly rejected: number } {
    return { read: this.#read, rejected: this.#rejected };
  }

  /** Passes the cells of each row to the sink that `open` makes from the first rows. */
  async readInto(open: (first: readonly CsvRow[]) => RowSink): Promise<void> {
    const isFirstPass = this.#isFirstPass;
    this.#isFirstPass = false;
    let sink: RowSink | undefined;
    for await (const { rows, bytesRead } of this.#batches()) {
      sink ??= open(rows.filter((row) => problemOf(row, this.#limits) === null));
      const rejects: RejectedRow[] = [];
      for (const row of rows) {
        const fault = problemOf(row, this.#limits);
        if (this.#rejectedLines.has(row.line) || (fault && !isFirstPass)) continue;
        const problem = fault ?? sink(row.cells as string[], row.line);
        if (problem === null) continue;
        if (!fault) this.#rejectedLines.add(row.line);
        rejects.push({ line: row.line, raw: row.raw.replaceAll('\0', '\uFFFD'), problems: [problem] });
      }
      await this.#report(isFirstPass ? rows.length : 0, rejects, bytesRead);
    }
    if (!sink) open([]);
  }

  async #report(read: number, rejects: readonly RejectedRow[], bytesRead: number): Promise<void> {
    const callbacks = this.#callbacks;
    this.#read += read;
    this.#rejected += rejects.length;
    for (let start = 0; start < rejects.length; start += rejectsPerMessage)
      await callbacks.onRejects(rejects.slice(start, start + rejectsPerMessage));
    callbacks.onProgress({ bytesRead, ...this.counts });
    const { datasetRejectsMax } = this.#limits;
    if (this.#rejected > datasetRejectsMax)
      throw new DomainError(
        'NOT_A_TABLE',
        `more than ${datasetRejectsMax} rows cannot be read (setting datasetRejectsMax)`,
      );
  }
}

const problemOf = ({ cells, fault }: CsvRow, { datasetCellLengthMax }: DatasetLimits): FieldProblem | null => {
  if (fault) return { path: '', ...fault };
  for (let column = 0; column < cells.length; column += 1) {
    if ((cells[column] as string).length <= datasetCellLengthMax) continue;
    const message = `a cell has more than ${datasetCellLengthMax} characters (setting datasetCellLengthMax)`;
    return { path: '', code: 'OUT_OF_RANGE', message };
  }
  return null;
};
