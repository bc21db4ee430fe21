import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { type MessagePort, workerData } from 'node:worker_threads';
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import { lookMessage } from '../../src/lib/thread.ts';
import { duckdbLibrary } from '../datasets/duckdb-library.ts';
import { literal, type RecordSelection, type SegmentFile, type SegmentRows, type SegmentValue } from './file.ts';
import type { ReadFault, ReadReply, ReadRequest, ThreadData } from './messages.ts';

const memoryLimit = '256MB';
const hashedBytes = 2 ** 20;

/** What is wrong with a file, in words. */
class Fault extends Error {
  readonly kind: ReadFault['kind'];

  constructor(kind: ReadFault['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Reads segments for a thread that waits meanwhile. */
class Reader {
  readonly #connection: Promise<DuckDBConnection> = connect();
  /** The files that had the right content, each with what shows that it is unchanged since. */
  readonly #checked = new Map<string, string>();

  async read({ file, selection }: ReadRequest): Promise<SegmentRows> {
    // Before anything is refused: a thread that ends while DuckDB still opens aborts the whole process.
    const connection = await this.#connection;
    this.#check(file);
    const sql = `select * from read_parquet(${literal(file.path)}) where ${conditionOf(selection)} order by seq`;
    try {
      const result = await connection.runAndReadAll(sql);
      return { names: result.columnNames(), columns: result.getColumns().map((values) => values.map(plain)) };
    } catch (error) {
      this.#checked.delete(file.path);
      throw new Fault('DAMAGED', `cannot be read: ${(error as Error).message.split('\n')[0]}`);
    }
  }

  /** Compares the file with its SHA-256, unless it was compared and nobody has written to it since. */
  #check(file: SegmentFile): void {
    const descriptor = opened(file.path);
    try {
      const { size, mtimeNs, ctimeNs, ino } = fstatSync(descriptor, { bigint: true });
      const identity = `${size} ${mtimeNs} ${ctimeNs} ${ino} ${file.sha256}`;
      if (this.#checked.get(file.path) === identity) return;
      this.#checked.delete(file.path);
      if (Number(size) !== file.bytes) throw new Fault('DAMAGED', `has ${size} bytes instead of ${file.bytes}`);
      if (digestOf(descriptor) !== file.sha256)
        throw new Fault('DAMAGED', `has other content than when it was written (SHA-256 ${file.sha256})`);
      this.#checked.set(file.path, identity);
    } finally {
      closeSync(descriptor);
    }
  }
}

const connect = async (): Promise<DuckDBConnection> => {
  const { DuckDBInstance: Instance } = duckdbLibrary();
  const instance = await Instance.create(':memory:', {
    threads: '1',
    memory_limit: memoryLimit,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  return instance.connect();
};

const opened = (path: string): number => {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Fault('MISSING', code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `cannot be read: ${message}`);
  }
};

const digestOf = (descriptor: number): string => {
  const hash = createHash('sha256');
  const chunk = Buffer.allocUnsafe(hashedBytes);
  for (;;) {
    const bytes = readSync(descriptor, chunk, 0, hashedBytes, null);
    if (bytes === 0) return hash.digest('hex');
    hash.update(chunk.subarray(0, bytes));
  }
};

const conditionOf = ({ after, upTo, sequences }: RecordSelection): string =>
  sequences === undefined
    ? `seq > ${Number(after)} and seq <= ${Number(upTo)}`
    : `seq in (${sequences.map(Number).join(', ')})`;

/** Every integer of a record is exact as a number. */
const plain = (value: DuckDBValue): SegmentValue =>
  typeof value === 'bigint' ? Number(value) : (value as SegmentValue);

const answer = async (reader: Reader, request: ReadRequest): Promise<ReadReply> => {
  try {
    return { rows: await reader.read(request) };
  } catch (error) {
    if (error instanceof Fault) return { fault: { kind: error.kind, message: error.message } };
    return { fault: { kind: 'MISSING', message: `cannot be read: ${String(error)}` } };
  }
};

const serve = ({ port, signal }: ThreadData): void => {
  const reader = new Reader();
  port.on('message', (request: ReadRequest | typeof lookMessage) => {
    if (request === lookMessage) return;
    void answer(reader, request).then((reply) => {
      (port as MessagePort).postMessage(reply);
      Atomics.store(signal, 0, 1);
      Atomics.notify(signal, 0);
    });
  });
};

serve(workerData as ThreadData);
