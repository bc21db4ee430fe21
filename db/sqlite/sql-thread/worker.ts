import { workerData } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { lookMessage } from '../../../src/lib/thread.ts';
import { openClient } from '../file/client.ts';
import {
  counterOf,
  type RowMode,
  type SqlFault,
  type SqlOrder,
  type SqlReply,
  type SqlRequest,
  type SqlThreadData,
} from './messages.ts';

/** Runs statements for a thread that goes on meanwhile. After a fault, orders are passed over until a reply has told it. */
class SqlRunner {
  readonly #open: () => Database.Database;
  #opened: Database.Database | undefined;
  readonly #statements: Database.Statement[] = [];
  #fault: SqlFault | null = null;
  #result: Database.RunResult | undefined;

  /** `open` is called by the first message, so that its fault is one like others. */
  constructor(open: () => Database.Database) {
    this.#open = open;
  }

  get hasFailed(): boolean {
    return this.#fault !== null;
  }

  get inTransaction(): boolean {
    return this.#opened?.open === true && this.#opened.inTransaction;
  }

  obey(order: SqlOrder): void {
    // Of a statement that cannot be prepared its first use tells.
    if (order.kind === 'PREPARE') this.#try(() => this.#prepare(order.statement, order.text, order.mode));
    else if (this.#fault === null) this.#try(() => this.#runAll(order.list));
  }

  answer(request: SqlRequest): { readonly value: unknown; readonly fault: SqlFault | null } {
    // What is undone needs no answer to what has failed of it.
    if (request.kind === 'CLOSE' || (request.kind === 'EXEC' && request.text === 'rollback')) this.#fault = null;
    const value = this.#fault === null ? this.#try(() => this.#valueOf(request)) : undefined;
    const fault = this.#fault;
    this.#fault = null;
    return { value, fault };
  }

  get #client(): Database.Database {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #try<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      const code = error instanceof Database.SqliteError ? error.code : null;
      this.#fault ??= { code, message: error instanceof Error ? error.message : String(error) };
      return undefined;
    }
  }

  #prepare(number: number, text: string, mode: RowMode): void {
    const statement = this.#client.prepare(text);
    if (mode === 'RAW') statement.raw();
    if (mode === 'PLUCK') statement.pluck();
    this.#statements[number] = statement;
  }

  #runAll(list: readonly unknown[]): void {
    for (let from = 0; from < list.length; ) {
      const statement = this.#statements[list[from] as number] as Database.Statement;
      const named = list[from + 1];
      const end = from + 3 + (list[from + 2] as number);
      const parameters = list.slice(from + 3, end);
      this.#result = named === null ? statement.run(parameters) : statement.run(named, parameters);
      from = end;
    }
  }

  #valueOf(request: SqlRequest): unknown {
    switch (request.kind) {
      case 'GET':
        return this.#statements[request.statement]?.get(request.parameters);
      case 'ALL':
        return this.#statements[request.statement]?.all(request.parameters);
      case 'EXEC':
        // SQLite itself undoes a transaction after some faults.
        if (request.text !== 'rollback' || this.#client.inTransaction) this.#client.exec(request.text);
        return undefined;
      case 'RESULT':
        return this.#result;
      case 'CLOSE':
        // Not opened to be closed, such as a file that cannot be opened.
        this.#opened?.close();
        return undefined;
    }
  }
}

const serve = ({ path, port, counters }: SqlThreadData): void => {
  const count = (counter: number): void => {
    Atomics.add(counters, counter, 1);
    Atomics.notify(counters, counter);
  };
  const runner = new SqlRunner(() => openClient(path));
  port.on('message', (message: SqlOrder | SqlRequest | typeof lookMessage) => {
    if (message === lookMessage) return;
    if (message.kind === 'PREPARE' || message.kind === 'RUNS') {
      runner.obey(message);
      if (runner.hasFailed) Atomics.store(counters, counterOf.fault, 1);
      if (message.kind === 'RUNS') count(counterOf.lists);
      return;
    }
    const { value, fault } = runner.answer(message);
    Atomics.store(counters, counterOf.fault, 0);
    port.postMessage({ value, fault, inTransaction: runner.inTransaction } satisfies SqlReply);
    count(counterOf.replies);
    if (message.kind === 'CLOSE') port.close();
  });
};

serve(workerData as SqlThreadData);
