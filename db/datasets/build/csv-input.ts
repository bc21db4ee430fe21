import { stat } from 'node:fs/promises';
import { DomainError } from '../../../src/errors.ts';
import type { FileDialect } from '../../../src/lib/import-options.ts';
import type { CsvRow } from '../../../src/sources/csv-row.ts';
import { type RowReceiver, receiveCsvRows } from '../../../src/sources/csv-rows.ts';
import { detectDialect, fileDialect } from '../../../src/sources/dialect.ts';
import type { BuildObserver, BuildRequest, RejectedRow } from '../engine.ts';
import type { DatasetLimits } from '../limits.ts';
import { RowPassing, type RowSink } from './row-passing.ts';

export type BuildCallbacks = Omit<BuildObserver, 'signal'>;

const chunkBytes = 256 * 1024;

/** Rejected rows of one message. */
const rejectsPerMessage = 200;

/** The rows of a CSV file. They may be read several times; the first pass counts them and reports progress and rejects. */
export class CsvInput {
  readonly header: readonly string[];
  readonly dialect: FileDialect;
  readonly #receive: (receiver: RowReceiver) => Promise<void>;
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
    const receive = (receiver: RowReceiver) => receiveCsvRows({ path, recordBytesMax, chunkBytes }, dialect, receiver);
    return new CsvInput({ header, dialect: fileDialect(dialect), receive, limits, callbacks });
  }

  private constructor(parts: {
    readonly header: readonly string[];
    readonly dialect: FileDialect;
    readonly receive: (receiver: RowReceiver) => Promise<void>;
    readonly limits: DatasetLimits;
    readonly callbacks: BuildCallbacks;
  }) {
    this.header = parts.header;
    this.dialect = parts.dialect;
    this.#receive = parts.receive;
    this.#limits = parts.limits;
    this.#callbacks = parts.callbacks;
  }

  get counts(): { readonly read: number; readonly rejected: number } {
    return { read: this.#read, rejected: this.#rejected };
  }

  /** Passes each row to the sink that `open` makes from the first rows. */
  async readInto(open: (first: readonly CsvRow[]) => RowSink): Promise<void> {
    const isFirstPass = this.#isFirstPass;
    this.#isFirstPass = false;
    const pass = new RowPassing({
      open,
      isFirst: isFirstPass,
      limits: this.#limits,
      rejectedLines: this.#rejectedLines,
      onPart: (part) => this.#report(isFirstPass ? part.rows : 0, part.rejects, part.bytesRead),
    });
    await this.#receive(pass);
    if (!pass.takesBytes) open([]);
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
