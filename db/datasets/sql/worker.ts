import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DomainError } from '../../../src/errors.ts';
import { Work } from '../../../src/lib/work.ts';
import { Duckdb, type DuckdbSession, identifier } from '../duckdb.ts';
import type { SqlReferences } from './engine.ts';
import { judge } from './judge.ts';
import {
  type SqlTaskName,
  type SqlTasks,
  type ViewedQuery,
  type WorkerReply,
  type WorkerRequest,
  type WorkerSettings,
  workFolderOf,
} from './messages.ts';
import { bindParameters } from './parameters.ts';
import { orRemove, type ResultLimits, readRows, writeParquet, writeText } from './results.ts';
import { isFatal, positionOf, queryError } from './sql-errors.ts';
import { appendFacts, createFactTable, createStateTable, dropStateTable, factSchema } from './tables.ts';
import { createView } from './views.ts';

/** What Node and DuckDB need beside the memory that queries may use. */
const baseBytes = 300e6;
const memoryCheckMs = 20;
const threads = 2;
/** The parent bounds the number of queries. */
const sessionsMax = 1000;

type StreamedResult = Awaited<ReturnType<DuckdbSession['connection']['stream']>>;

class SqlWorker {
  readonly #settings: WorkerSettings;
  readonly #workFolder: string;
  readonly #duckdb: Duckdb;
  #schema: Promise<void> | undefined;

  constructor(settings: WorkerSettings) {
    this.#settings = settings;
    this.#workFolder = join(settings.folder, workFolderOf(process.pid));
    rmSync(this.#workFolder, { recursive: true, force: true });
    mkdirSync(this.#workFolder, { recursive: true });
    this.#duckdb = new Duckdb({
      memoryBytesMax: settings.sqlMemoryBytesMax,
      threads,
      tempFolder: join(this.#workFolder, 'spill'),
      tempBytesMax: settings.sqlTempBytesMax,
      folder: settings.folder,
      sessionsMax,
      waitingMax: sessionsMax,
    });
  }

  readonly handlers: {
    [N in SqlTaskName]: (input: SqlTasks[N]['input'], work: Work) => Promise<SqlTasks[N]['result']>;
  } = {
    check: ({ text }, work) => this.#inSession(work, (session) => this.#judge(session, text)),
    createTable: (input) => this.#change((session) => createFactTable(session, input)),
    append: (input) => this.#change((session) => appendFacts(session, input)),
    createState: (input) => this.#change((session) => createStateTable(session, input)),
    dropState: (input) => this.#change((session) => dropStateTable(session, input)),
    rows: (input, work) => this.#query(input, work, readRows),
    file: ({ format, ...query }, work) => {
      const path = join(this.#workFolder, `${randomUUID()}.${format}`);
      return orRemove(path, () =>
        this.#query(query, work, (result, limits) =>
          format === 'parquet'
            ? this.#duckdb.session((target) => writeParquet(result, path, target, limits))
            : writeText(result, path, format, limits),
        ),
      );
    },
  };

  /** Loads the native library and opens the database. */
  load(): Promise<void> {
    return this.#duckdb.session(async () => undefined);
  }

  async #change(change: (session: DuckdbSession) => Promise<void>): Promise<null> {
    this.#schema ??= this.#duckdb.session((session) => session.run(`create schema ${identifier(factSchema)}`));
    await this.#schema;
    await this.#duckdb.session(change);
    return null;
  }

  #inSession<R>(work: Work, task: (session: DuckdbSession) => Promise<R>): Promise<R> {
    return this.#duckdb.session(task, { timeoutMs: this.#settings.sqlMsMax, timeoutSetting: 'sqlMsMax', work });
  }

  async #judge(session: DuckdbSession, text: string): Promise<SqlReferences> {
    const [[tree] = []] = await session.rows('select json_serialize_sql(?::varchar)', [text]).catch((error) => {
      throw queryError(error, text) ?? error;
    });
    const parsed = JSON.parse(String(tree)) as {
      readonly error: boolean;
      readonly error_message?: string;
      readonly position?: string;
      readonly statements?: readonly unknown[];
    };
    if (!parsed.error) return judge(parsed.statements ?? []);
    const { error_message: message = '', position } = parsed;
    if (message.startsWith('Only SELECT'))
      throw new DomainError('BAD_REQUEST', 'only one SELECT statement is allowed; PIVOT is written in FROM');
    const [first] = message.split(/\s*Use "SET /);
    const where = position === undefined ? '' : ` (${positionOf(text, Number(position))})`;
    throw new DomainError('BAD_REQUEST', `${first}${where}`);
  }

  #query<R>(
    { text, parameters, views, rowsMax }: ViewedQuery,
    work: Work,
    read: (result: StreamedResult, limits: ResultLimits) => Promise<R>,
  ): Promise<R> {
    return this.#inSession(work, async (session) => {
      const { tables, columns } = await this.#judge(session, text);
      // Whatever else the text names, DuckDB would look for elsewhere.
      const known = new Set(views.map(({ name }) => name.toLowerCase()));
      const unknown = tables.find((name) => !known.has(name.toLowerCase()));
      if (unknown !== undefined) throw new Error('a query was sent without the view of a table that it names');
      for (const view of views) await session.run(createView(view, columns));
      try {
        const statement = await session.connection.prepare(text);
        bindParameters(statement, parameters);
        return await read(await statement.stream(), { rowsMax, bytesMax: this.#settings.sqlResultBytesMax });
      } catch (error) {
        throw queryError(error, text) ?? error;
      }
    });
  }
}

const send = (reply: WorkerReply, then?: () => void): void => void process.send?.(reply, undefined, {}, then);

/** Ends the process before it takes the memory of others: the values of a query are no part of DuckDB's own limit. */
const watchMemory = ({ sqlMemoryBytesMax }: WorkerSettings): void => {
  const timer = setInterval(() => {
    if (process.memoryUsage.rss() < sqlMemoryBytesMax + baseBytes) return;
    clearInterval(timer);
    send({ ending: 'MEMORY' }, () => process.kill(process.pid, 'SIGKILL'));
  }, memoryCheckMs);
  timer.unref();
};

let worker: SqlWorker | undefined;
/** Of each task that runs. */
const works = new Map<number, Work>();

const answer = async (id: number, name: SqlTaskName, input: unknown): Promise<void> => {
  const work = new Work();
  works.set(id, work);
  try {
    if (!worker) throw new Error('a task arrived before the settings');
    send({ id, result: await worker.handlers[name](input as never, work) });
  } catch (error) {
    const reported = queryError(error, '') ?? error;
    const isBug = !(reported instanceof DomainError);
    const code = isBug ? 'INTERNAL' : reported.code;
    const message = reported instanceof Error ? reported.message : String(reported);
    // A database with a fatal error has lost the facts, so the next query needs a new process.
    send({ id, error: { code, message }, isBug }, isFatal(error) ? () => process.exit(1) : undefined);
  } finally {
    works.delete(id);
  }
};

const cancelled = (): DomainError => new DomainError('CONFLICT', 'the query was cancelled');

process.on('message', (request: WorkerRequest) => {
  if ('settings' in request) {
    worker = new SqlWorker(request.settings);
    watchMemory(request.settings);
    void worker.load().then(() => send({ ready: true }));
  } else if ('cancel' in request) works.get(request.cancel)?.end(cancelled());
  else void answer(request.id, request.name, request.input);
});
process.on('disconnect', () => process.exit(0));
