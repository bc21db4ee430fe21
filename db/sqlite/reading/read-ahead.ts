import type { Worker } from 'node:worker_threads';
import { getTableName } from 'drizzle-orm';
import { RecordColumns, type Records } from '../../../src/lib/record-columns.ts';
import { TextColumn } from '../../../src/lib/text-column.ts';
import { startThread } from '../../../src/lib/thread.ts';
import type { Commit, RecordQuery, RecordStep, StepsAhead } from '../../store.ts';
import { rowDecoderOf } from '../rows/columns.ts';

/** The values of a column as one thread sends them to another. */
export type SentColumn = Float64Array | Pick<TextColumn, 'text' | 'starts' | 'ends'>;

export interface SentRecords {
  /** The position of the query. */
  readonly query: number;
  readonly length: number;
  /** In the order of the columns of the query. */
  readonly columns: readonly SentColumn[];
}

/** Null for the end of all steps. */
export type SentStep = { readonly commits: readonly Commit[]; readonly records: readonly SentRecords[] } | null;

export interface ReadAheadData {
  readonly path: string;
  readonly after: number;
  readonly queries: readonly { readonly table: string; readonly columns: readonly string[] }[];
  /** How many steps were sent, and received. */
  readonly counts: Int32Array;
}

/** Positions in `ReadAheadData.counts`. */
export const [sentCount, receivedCount] = [0, 1];

/** To start a thread takes as long as to read so many records. */
export const aheadRecordsMin = 50_000;

/** Steps that wait until they are applied: enough for either thread to have a garbage collection meanwhile. */
export const stepsWaitingMax = 8;

/** Reads the records of a store after one, in a thread with a connection of its own. */
export const readAhead = (path: string, queries: readonly RecordQuery[], after: number): StepsAhead => {
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const sent = queries.map(({ table, columns }) => ({ table: getTableName(table), columns }));
  const workerData: ReadAheadData = { path, after, queries: sent, counts };
  // A small space for new values: each step leaves a few hundred kilobytes, which nobody needs any more.
  const resourceLimits = { maxYoungGenerationSizeMb: 4 };
  const worker = startThread(import.meta.url, 'read-ahead-worker', { workerData, resourceLimits });
  return new SqliteStepsAhead(worker, queries, counts);
};

class SqliteStepsAhead implements StepsAhead {
  fault: unknown;
  readonly #worker: Worker;
  readonly #queries: readonly RecordQuery[];
  readonly #counts: Int32Array;
  readonly #steps: SentStep[] = [];
  #hasEnded = false;
  #wake: () => void = () => undefined;

  constructor(worker: Worker, queries: readonly RecordQuery[], counts: Int32Array) {
    this.#worker = worker;
    this.#queries = queries;
    this.#counts = counts;
    worker.on('message', (step: SentStep) => {
      this.#steps.push(step);
      this.#wake();
    });
    // What the thread could not read is read again by this one, which then throws what is to be said about it.
    worker.on('error', (error) => {
      this.fault = error;
      this.#end();
    });
    worker.on('exit', () => this.#end());
  }

  async next(): Promise<RecordStep | null> {
    while (this.#steps.length === 0 && !this.#hasEnded)
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    const step = this.#steps.shift();
    if (!step) return null;
    Atomics.add(this.#counts, receivedCount, 1);
    Atomics.notify(this.#counts, receivedCount);
    return { commits: step.commits, records: new Map(step.records.map((each) => this.#received(each))) };
  }

  close(): void {
    this.#end();
    void this.#worker.terminate();
  }

  #end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  #received({ query, length, columns }: SentRecords): [RecordQuery, Records<never>] {
    const of = this.#queries[query] as RecordQuery;
    const values = columns.map((column) =>
      column instanceof Float64Array ? column : new TextColumn(column.text, column.starts, column.ends),
    );
    const records = new RecordColumns({
      length,
      columns: new Map(of.columns.map((name, index) => [name, values[index] as Float64Array | TextColumn])),
      decode: rowDecoderOf(of.table, of.columns),
    });
    return [of, records as unknown as Records<never>];
  }
}
