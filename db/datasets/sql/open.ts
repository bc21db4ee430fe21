import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../../src/errors.ts';
import type { DebugLog } from '../../../src/lib/debug-log.ts';
import type { SqlFormat } from '../../../src/lib/sql-formats.ts';
import type { Work } from '../../../src/lib/work.ts';
import type { SqlEngine, SqlFile, SqlLimits, SqlReferences, SqlRequest, SqlRows, SqlSource } from './engine.ts';
import { FactCopies } from './fact-copy.ts';
import { type View, type ViewedQuery, workFolderOf } from './messages.ts';
import { ProcessEnded, SqlProcess, type TaskEnd } from './process.ts';

/** Opens the SQL engine over the files of a folder. No process is started before the first query. */
export const openSqlEngine = (limits: SqlLimits, folder: string, log: DebugLog): SqlEngine =>
  new ProcessSqlEngine(limits, folder, log);

/** The time that an interrupted query gets to end before its process is killed. */
const graceMs = 1500;
/** The process ends when it has had no query for this time; the next query starts it again. */
const idleMs = 300_000;
const waitingMax = 50;

interface Running {
  readonly process: SqlProcess;
  readonly copies: FactCopies;
  idleTimer: NodeJS.Timeout | undefined;
  queries: number;
}

class ProcessSqlEngine implements SqlEngine {
  readonly #limits: SqlLimits;
  readonly #folder: string;
  readonly #log: DebugLog;
  #running: Running | undefined;
  #active = 0;
  readonly #waiting: (() => void)[] = [];
  #isClosed = false;

  constructor(limits: SqlLimits, folder: string, log: DebugLog) {
    this.#limits = limits;
    this.#folder = folder;
    this.#log = log;
  }

  check(text: string, work: Work): Promise<SqlReferences> {
    const { sqlLengthMax } = this.#limits;
    if (text.length > sqlLengthMax)
      throw new DomainError(
        'LIMIT_EXCEEDED',
        `the query is longer than ${sqlLengthMax} characters (setting sqlLengthMax)`,
      );
    if (!text.isWellFormed() || text.includes('\0'))
      throw new DomainError('BAD_REQUEST', 'the query must be well-formed text without NUL');
    return this.#inTurn(work, ({ process }) => process.run('check', { text }, this.#endOf(work)));
  }

  rows(request: SqlRequest, work: Work): Promise<SqlRows> {
    return this.#query(request, work, ({ process }, query) => process.run('rows', query, this.#endOf(work)));
  }

  async file(request: SqlRequest, format: SqlFormat, work: Work): Promise<SqlFile> {
    const file = await this.#query(request, work, ({ process }, query) =>
      process.run('file', { ...query, format }, this.#endOf(work)),
    );
    if (work.hasEnded) await rm(file.path, { force: true });
    work.check();
    return file;
  }

  close(): void {
    this.#isClosed = true;
    const process = this.#running?.process;
    process?.kill();
    // A command exits before it would hear of the end of its process.
    if (process?.pid !== undefined) this.#removeWorkFolder(process.pid);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Files of a process that is just being killed may still appear: what is left over is swept at the next start. */
  #removeWorkFolder(pid: number): void {
    try {
      rmSync(join(this.#folder, workFolderOf(pid)), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      this.#log.debug({ pid, error: String(error) }, 'the folder of a process for SQL could not be removed');
    }
  }

  #query<R>(
    { sources, ...query }: SqlRequest,
    work: Work,
    run: (running: Running, query: ViewedQuery) => Promise<R>,
  ): Promise<R> {
    return this.#inTurn(work, (running) =>
      this.#withViews(running.copies, sources, (views) => run(running, { ...query, views })),
    );
  }

  async #withViews<R>(
    copies: FactCopies,
    sources: readonly SqlSource[],
    task: (views: readonly View[]) => Promise<R>,
  ): Promise<R> {
    const [source, ...others] = sources;
    if (!source) return task([]);
    const { name } = source;
    if (!('facts' in source)) {
      const view = { name, path: join(this.#folder, source.file), columns: source.columns };
      return this.#withViews(copies, others, (views) => task([view, ...views]));
    }
    return copies.withView(name, source.facts, source.state, (view) =>
      this.#withViews(copies, others, (views) => task([view, ...views])),
    );
  }

  #endOf(work: Work): TaskEnd {
    const { sqlMsMax } = this.#limits;
    const reason = () =>
      new DomainError('LIMIT_EXCEEDED', `the query took longer than ${sqlMsMax} ms (setting sqlMsMax)`);
    return { timeout: { ms: sqlMsMax + graceMs, reason }, work };
  }

  /** Runs a task when it is its turn: few queries at once, and a bounded number of waiting ones. */
  async #inTurn<R>(work: Work, task: (running: Running) => Promise<R>): Promise<R> {
    work.check();
    const { sqlQueriesAtOnce } = this.#limits;
    while (!this.#isClosed && this.#active >= sqlQueriesAtOnce) {
      if (this.#waiting.length >= waitingMax)
        throw new DomainError('OVERLOADED', `${waitingMax} SQL queries are waiting already; try again later`, {
          details: { retryAfterMs: 1000 },
        });
      await this.#turn(work);
    }
    if (this.#isClosed) throw stopping();
    this.#active += 1;
    try {
      return await this.#inProcess(task).catch((error: unknown) => {
        work.check();
        if (!(error instanceof ProcessEnded)) throw error;
        if (this.#isClosed) throw stopping();
        // The process was ended on account of another query.
        return this.#inProcess(task);
      });
    } finally {
      this.#active -= 1;
      this.#waiting.shift()?.();
    }
  }

  /** Resolves when a query has ended; rejects when the work of one that waits does. */
  #turn(work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      const forget = work.onEnd((reason) => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(reason);
      });
      const go = (): void => {
        forget();
        resolve();
      };
      this.#waiting.push(go);
    });
  }

  async #inProcess<R>(task: (running: Running) => Promise<R>): Promise<R> {
    const running = this.#start();
    running.queries += 1;
    clearTimeout(running.idleTimer);
    try {
      return await task(running);
    } finally {
      running.queries -= 1;
      if (running.queries === 0) {
        running.idleTimer = setTimeout(() => running.process.kill(), idleMs);
        running.idleTimer.unref();
      }
    }
  }

  #start(): Running {
    if (this.#running && !this.#running.process.hasEnded) return this.#running;
    const process = new SqlProcess({ ...this.#limits, folder: this.#folder }, (ended) => {
      this.#log.debug({ pid: ended.pid }, 'process for SQL exited');
      if (ended.pid !== undefined) this.#removeWorkFolder(ended.pid);
      if (this.#running?.process !== ended) return;
      clearTimeout(this.#running.idleTimer);
      this.#running = undefined;
    });
    this.#log.debug({ pid: process.pid }, 'process for SQL started');
    this.#running = { process, copies: new FactCopies(process), idleTimer: undefined, queries: 0 };
    return this.#running;
  }
}

const stopping = (): DomainError => new DomainError('NOT_READY', 'the server is stopping');
