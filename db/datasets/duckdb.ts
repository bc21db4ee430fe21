import { mkdirSync } from 'node:fs';
import type { DuckDBConnection, DuckDBInstance, DuckDBResult, DuckDBValue } from '@duckdb/node-api';
import { DomainError, storageFaultOf } from '../../src/errors.ts';
import type { Work } from '../../src/lib/work.ts';
import { Stages } from '../../src/lib/yielding.ts';
import { duckdbLibrary } from './duckdb-library.ts';
import { type IdleStep, IdleWork } from './idle-work.ts';

export interface DuckdbSettings {
  readonly memoryBytesMax: number;
  readonly threads: number;
  /** Where queries spill what exceeds the memory limit. */
  readonly tempFolder: string;
  readonly tempBytesMax: number;
  /** The only folder whose files queries may read. */
  readonly folder: string;
  /** Number of sessions that run at the same time; each occupies a thread of libuv's pool while it runs. */
  readonly sessionsMax: number;
  readonly waitingMax: number;
}

export interface SessionOptions {
  readonly timeoutMs?: number | undefined;
  /** The setting that the error of a timeout names. */
  readonly timeoutSetting?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The session ends with it, and throws its reason; one that waits for its turn, too. */
  readonly work?: Work | undefined;
}

export type DuckdbRow = readonly DuckDBValue[];

/** A connection that one task uses alone. */
export interface DuckdbSession {
  /** The database; after a fatal error there is another one, without the tables of the first. */
  readonly database: DuckDBInstance;
  readonly connection: DuckDBConnection;
  run(sql: string, values?: readonly DuckDBValue[]): Promise<void>;
  /** All rows of a result; for results of bounded size. */
  rows(sql: string, values?: readonly DuckDBValue[]): Promise<DuckdbRow[]>;
}

/**
 * One DuckDB database in memory, opened at the first session or before. It can read the files of one folder, has no access to other
 * files, to the network or to extensions, and its settings are locked. Each task gets a connection of its own, so that it can
 * be interrupted without disturbing others.
 */
export class Duckdb {
  readonly #settings: DuckdbSettings;
  #instance: Promise<DuckDBInstance> | undefined;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  readonly #idleWork = new IdleWork<DuckdbSession>((step, signal) => this.#connect(step, { signal }));
  #isClosed = false;

  constructor(settings: DuckdbSettings) {
    this.#settings = settings;
  }

  /**
   * Runs a task on a connection. Throws OVERLOADED when too many tasks wait, LIMIT_EXCEEDED after the timeout or beyond the
   * memory limit, CONFLICT when the signal is aborted, NOT_READY once the database is closed.
   */
  async session<R>(task: (session: DuckdbSession) => Promise<R>, options: SessionOptions = {}): Promise<R> {
    await this.#enter(options.work);
    try {
      return await this.#connect(task, options);
    } finally {
      this.#running -= 1;
      if (this.#running === 0 && !this.#isClosed) this.#idleWork.resume();
      this.#waiting.shift()?.();
    }
  }

  /**
   * Runs a step again and again, until it resolves to true, while no session runs. A session interrupts it, and it is repeated
   * later. Rejects with what a step throws, and with OVERLOADED when sessions leave no time.
   */
  whileIdle(step: IdleStep<DuckdbSession>): Promise<void> {
    return this.#idleWork.add(step);
  }

  /** Begins to open the database, so that a session that comes later need not wait; an error is thrown by that session. */
  prepare(): void {
    if (!this.#isClosed) this.#open().catch(() => undefined);
  }

  close(): void {
    this.#isClosed = true;
    this.#idleWork.pause();
    for (const wake of this.#waiting.splice(0)) wake();
    this.#instance?.then(
      (instance) => instance.closeSync(),
      () => undefined,
    );
  }

  async #enter(work: Work | undefined): Promise<void> {
    work?.check();
    const { sessionsMax, waitingMax } = this.#settings;
    while (!this.#isClosed && this.#running >= sessionsMax) {
      if (this.#waiting.length >= waitingMax)
        throw new DomainError('OVERLOADED', `${waitingMax} dataset queries are waiting already; try again later`, {
          details: { retryAfterMs: 1000 },
        });
      await this.#turn(work);
    }
    if (this.#isClosed) throw new DomainError('NOT_READY', 'the server is stopping');
    this.#running += 1;
    this.#idleWork.pause();
  }

  /** Resolves when a session has ended; rejects when the work of a session that waits does. */
  #turn(work: Work | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = work?.onEnd((reason) => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(reason);
      });
      const go = (): void => {
        forget?.();
        resolve();
      };
      this.#waiting.push(go);
    });
  }

  async #connect<R>(task: (session: DuckdbSession) => Promise<R>, options: SessionOptions): Promise<R> {
    try {
      const database = await this.#open();
      const connection = await database.connect();
      try {
        return await runInterruptibly({ database, connection }, task, options);
      } finally {
        connection.closeSync();
      }
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #open(): Promise<DuckDBInstance> {
    this.#instance ??= openInstance(this.#settings).catch((error: unknown) => {
      this.#instance = undefined;
      throw error;
    });
    return this.#instance;
  }

  #translate(error: unknown): unknown {
    if (error instanceof DomainError || !(error instanceof Error)) return error;
    // After a fatal error every further query fails, so the next session opens a new database.
    if (/database has been invalidated|FATAL Error/.test(error.message)) this.#instance = undefined;
    const fault = storageFaultOf(error);
    if (fault) return fault;
    if (!/^Out of Memory Error|failed to allocate|could not allocate/i.test(error.message)) return error;
    const message =
      'the query needs more memory or temporary disk space than datasetMemoryBytesMax and datasetTempBytesMax allow';
    return new DomainError('LIMIT_EXCEEDED', message, { cause: error });
  }
}

const interruptEveryMs = 20;

/**
 * With so many values on one side of a join DuckDB still skips the parts of a table that hold none of them; its default is 50.
 * Pages of rows are read by such a join: one of 100 takes a third of the time.
 */
const joinFilterValuesMax = 1000;

const runInterruptibly = async <R>(
  { database, connection }: Pick<DuckdbSession, 'database' | 'connection'>,
  task: (session: DuckdbSession) => Promise<R>,
  { timeoutMs, timeoutSetting = 'datasetQueryMsMax', signal, work }: SessionOptions,
): Promise<R> => {
  let reason: unknown;
  let repeated: NodeJS.Timeout | undefined;
  const interrupt = (error: unknown): void => {
    reason ??= error;
    connection.interrupt();
    // An interrupt is lost while a statement is being prepared.
    repeated ??= setInterval(() => connection.interrupt(), interruptEveryMs);
  };
  const onTimeout = (): void =>
    interrupt(
      new DomainError('LIMIT_EXCEEDED', `the query took longer than ${timeoutMs} ms (setting ${timeoutSetting})`),
    );
  const onAbort = (): void => interrupt(new DomainError('CONFLICT', 'the query was cancelled'));
  const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
  signal?.addEventListener('abort', onAbort);
  const forget = work?.onEnd(interrupt);
  // An interrupt between two statements has no effect, so each statement checks first.
  const check = (): void => {
    if (signal?.aborted) onAbort();
    if (reason) throw reason;
  };
  const session: DuckdbSession = {
    database,
    connection,
    async run(sql, values) {
      check();
      await connection.run(sql, values && [...values]);
    },
    async rows(sql, values) {
      check();
      return rowsOf(await connection.run(sql, values && [...values]));
    },
  };
  try {
    return await task(session);
  } catch (error) {
    throw reason ?? error;
  } finally {
    clearTimeout(timer);
    clearInterval(repeated);
    signal?.removeEventListener('abort', onAbort);
    forget?.();
  }
};

/** Rows between two looks at the clock; one may have hundreds of values. */
const rowsPerLook = 16;

/** All rows of a result, read in slices: the values of a page of wide rows are hundreds of thousands. */
const rowsOf = async (result: DuckDBResult): Promise<DuckdbRow[]> => {
  const rows: DuckdbRow[] = [];
  const stages = new Stages();
  for await (const chunk of result)
    for (let row = 0; row < chunk.rowCount; row++) {
      if (row % rowsPerLook === 0) await stages.next();
      rows.push(chunk.getRowValues(row));
    }
  return rows;
};

const openInstance = async (settings: DuckdbSettings): Promise<DuckDBInstance> => {
  const { DuckDBInstance: Instance } = duckdbLibrary();
  mkdirSync(settings.folder, { recursive: true });
  const instance = await Instance.create(':memory:', {
    threads: String(settings.threads),
    memory_limit: `${Math.ceil(settings.memoryBytesMax / 1e6)}MB`,
    temp_directory: settings.tempFolder,
    max_temp_directory_size: `${Math.ceil(settings.tempBytesMax / 1e6)}MB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  const connection = await instance.connect();
  await connection.run("set global TimeZone = 'UTC'");
  await connection.run('set global parquet_metadata_cache = true');
  await connection.run(`set global dynamic_or_filter_threshold = ${joinFilterValuesMax}`);
  // The order matters: no setting can be changed once the configuration is locked.
  await connection.run(`set allowed_directories = [${literal(`${settings.folder}/`)}]`);
  await connection.run('set enable_external_access = false');
  await connection.run('set lock_configuration = true');
  connection.closeSync();
  return instance;
};

/** A text as an SQL literal. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name as a quoted SQL identifier. */
export const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;
