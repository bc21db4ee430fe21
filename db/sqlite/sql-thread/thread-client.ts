import { MessageChannel, type MessagePort, receiveMessageOnPort, type Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { startThread, waitForThread } from '../../../src/lib/thread.ts';
import type { LongConnection, SqlConnection } from '../rows/sql-connection.ts';
import { counterOf, type RowMode, type SqlFault, type SqlOrder, type SqlReply, type SqlRequest } from './messages.ts';

/** Values of one list of runs: so many that a message costs little beside them, and few enough that neither thread waits long. */
const listValues = 1024;

/**
 * A connection whose statements run in a thread of their own: `run` returns at once, and its result and its fault are known
 * later, so that a caller prepares the next rows while SQLite inserts the last ones. All else waits until the thread has done
 * everything before it. A fault is thrown by one of the next calls; until then, what follows it is passed over.
 */
export class SqlThreadClient implements LongConnection {
  readonly #worker: Worker;
  readonly #port: MessagePort;
  readonly #counters = new Int32Array(new SharedArrayBuffer(4 * counterOf.count));
  readonly #listsAheadMax: number;
  #statements = 0;
  #runs = 0;
  #listsSent = 0;
  #requests = 0;
  #list: unknown[] = [];
  #inTransaction = false;
  #isOpen = true;
  /** Takes the reply to a request that waits while the event loop is free. */
  #awaiting: ((reply: SqlReply) => void) | null = null;

  /** Statements have the methods that transactions use; `run` and `get` take parameters as better-sqlite3 does. */
  readonly prepare = ((text: string) => new SqlThreadStatement(this, text)) as never as SqlConnection['prepare'];

  /** `listsAheadMax`: how many lists of about 1,000 values may wait to be executed before this thread does. */
  constructor(path: string, listsAheadMax: number) {
    this.#listsAheadMax = listsAheadMax;
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const workerData = { path, port: port2, counters: this.#counters };
    this.#worker = startThread(import.meta.url, 'worker', { workerData, transferList: [port2] });
    this.#port.on('message', (reply: SqlReply) => this.#settle(reply));
    this.#worker.once('error', (error) => this.#end(error));
    this.#worker.once('exit', () => this.#end(null));
    // It must not keep the process alive.
    this.#worker.unref();
    this.#port.unref();
  }

  get inTransaction(): boolean {
    return this.#inTransaction;
  }

  get open(): boolean {
    return this.#isOpen;
  }

  exec(text: string): this {
    this.ask({ kind: 'EXEC', text });
    return this;
  }

  /** The number by which the thread knows a statement. */
  prepared(text: string, mode: RowMode): number {
    const statement = this.#statements++;
    this.#order({ kind: 'PREPARE', statement, text, mode });
    return statement;
  }

  /** `named`: the parameters that have names, null for none. Returns the number of the run. */
  run(statement: number, named: object | null, parameters: readonly unknown[]): number {
    if (Atomics.load(this.#counters, counterOf.fault) !== 0) this.ask({ kind: 'RESULT' });
    const list = this.#list;
    list.push(statement, named, parameters.length);
    for (let index = 0; index < parameters.length; index++) list.push(parameters[index]);
    if (list.length >= listValues) this.#send();
    return ++this.#runs;
  }

  /** The result of a run by its number. */
  resultOf(run: number): Database.RunResult {
    if (run !== this.#runs) throw new Error('only the result of the last statement is known');
    return this.ask({ kind: 'RESULT' }) as Database.RunResult;
  }

  /**
   * Runs a text once the thread has done everything before it; the event loop is free meanwhile. Until then nothing else may be
   * called but `close`.
   */
  async execLater(text: string): Promise<void> {
    const reply = new Promise<SqlReply>((resolve) => {
      this.#awaiting = resolve;
    });
    this.#port.ref();
    this.#post({ kind: 'EXEC', text });
    this.#valueOf(await reply);
  }

  /** The reply to a request. Throws what it, or an order before it, has failed with. */
  ask(request: SqlRequest): unknown {
    this.#post(request);
    this.#waitFor(counterOf.replies, this.#requests);
    // Its event has not come yet.
    if (this.#awaiting) this.#settle(this.#receive());
    return this.#valueOf(this.#receive());
  }

  /** Closes the connection, which undoes an open transaction; a fault of it that is not known yet is forgotten. */
  close(): void {
    if (!this.#isOpen) return;
    this.#list = [];
    try {
      this.ask({ kind: 'CLOSE' });
    } catch (error) {
      // A thread that ends closes its connection.
      if (this.#isOpen) throw error;
    } finally {
      this.#end(null);
    }
  }

  /** Nobody may wait for a thread that runs no more, such as one that could not be started. */
  #end(error: Error | null): void {
    if (!this.#isOpen) return;
    // Its last reply may have come before its end, and its event not yet.
    if (this.#awaiting) this.#settle(this.#received() ?? endedBy(error));
    this.#isOpen = false;
    this.#inTransaction = false;
    this.#port.close();
  }

  #receive(): SqlReply {
    const reply = this.#received();
    if (!reply) throw new Error('the thread of the connection has sent no reply');
    return reply;
  }

  #received(): SqlReply | undefined {
    return receiveMessageOnPort(this.#port)?.message as SqlReply | undefined;
  }

  #settle(reply: SqlReply): void {
    const settle = this.#awaiting;
    this.#awaiting = null;
    this.#port.unref();
    settle?.(reply);
  }

  #valueOf({ value, fault, inTransaction }: SqlReply): unknown {
    this.#inTransaction = inTransaction;
    if (fault) throw errorOf(fault);
    return value;
  }

  #post(request: SqlRequest): void {
    this.#send();
    this.#requests++;
    this.#tell(request);
  }

  #order(order: SqlOrder): void {
    this.#send();
    this.#tell(order);
  }

  #send(): void {
    if (this.#list.length === 0) return;
    this.#tell({ kind: 'RUNS', list: this.#list });
    this.#list = [];
    this.#waitFor(counterOf.lists, ++this.#listsSent - this.#listsAheadMax);
  }

  #tell(message: SqlOrder | SqlRequest): void {
    if (!this.#isOpen) throw new Error('the connection is closed');
    this.#port.postMessage(message);
  }

  /** Returns once the thread has counted so far. Throws when it has ended before. */
  #waitFor(counter: number, count: number): void {
    if (waitForThread({ counters: this.#counters, counter, port: this.#port }, count)) return;
    this.#end(null);
    throw new Error(hasEnded);
  }
}

const hasEnded = 'the thread of the connection has ended';

const endedBy = (error: Error | null): SqlReply => {
  const message = `${hasEnded}${error ? `: ${error.message}` : ''}`;
  return { value: undefined, fault: { code: null, message }, inTransaction: false };
};

const errorOf = ({ code, message }: SqlFault): Error =>
  code === null ? new Error(message) : new Database.SqliteError(message, code);

class SqlThreadStatement {
  readonly #client: SqlThreadClient;
  readonly #text: string;
  #mode: RowMode = 'OBJECT';
  #number = -1;

  constructor(client: SqlThreadClient, text: string) {
    this.#client = client;
    this.#text = text;
  }

  raw(): this {
    this.#mode = 'RAW';
    return this;
  }

  pluck(): this {
    this.#mode = 'PLUCK';
    return this;
  }

  run(...parameters: unknown[]): LaterResult {
    const [first, second] = parameters;
    const hasNamed = parameters.length === 2 && isNamed(first) && Array.isArray(second);
    const run = hasNamed
      ? this.#client.run(this.#known(), first, second)
      : this.#client.run(this.#known(), null, listOf(parameters));
    return new LaterResult(this.#client, run);
  }

  get(...parameters: unknown[]): unknown {
    return withBuffers(this.#client.ask({ kind: 'GET', statement: this.#known(), parameters: listOf(parameters) }));
  }

  all(...parameters: unknown[]): unknown {
    const request = { kind: 'ALL', statement: this.#known(), parameters: listOf(parameters) } as const;
    return (this.#client.ask(request) as unknown[]).map(withBuffers);
  }

  /** Prepared at its first use, when its mode is known. */
  #known(): number {
    if (this.#number < 0) this.#number = this.#client.prepared(this.#text, this.#mode);
    return this.#number;
  }
}

/** Waits for the thread only when it is read, which must be before the next run. */
class LaterResult implements Database.RunResult {
  readonly #client: SqlThreadClient;
  readonly #run: number;
  #found: Database.RunResult | undefined;

  constructor(client: SqlThreadClient, run: number) {
    this.#client = client;
    this.#run = run;
  }

  get changes(): number {
    return this.#read().changes;
  }

  get lastInsertRowid(): number | bigint {
    return this.#read().lastInsertRowid;
  }

  #read(): Database.RunResult {
    this.#found ??= this.#client.resultOf(this.#run);
    return this.#found;
  }
}

const isNamed = (parameter: unknown): parameter is object =>
  typeof parameter === 'object' && parameter !== null && !ArrayBuffer.isView(parameter);

/** better-sqlite3 takes parameters one by one, or as an array. */
const listOf = (parameters: readonly unknown[]): readonly unknown[] => {
  const [first] = parameters;
  return parameters.length === 1 && Array.isArray(first) ? first : parameters;
};

/** A row, or a value of one, with the buffers that it had before threads exchanged it. */
const withBuffers = (found: unknown): unknown => {
  if (found instanceof Uint8Array) return Buffer.from(found.buffer, found.byteOffset, found.byteLength);
  if (typeof found !== 'object' || found === null) return found;
  const row = found as Record<string, unknown>;
  for (const key of Object.keys(row)) if (row[key] instanceof Uint8Array) row[key] = withBuffers(row[key]);
  return row;
};
