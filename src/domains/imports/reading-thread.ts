import type { Worker } from 'node:worker_threads';
import { DomainError, type ErrorCode, type FieldProblem, serverIsClosing } from '../../errors.ts';
import { type BlockImporter, type ReadRecord, type RecordBlock, unpackRecords } from './record-blocks.ts';

/** What the thread receives; `body` is a number of its own for each body. */
export type ReadingRequest =
  | { readonly kind: 'BEGIN'; readonly body: number }
  | { readonly kind: 'CHUNK'; readonly body: number; readonly chunk: Uint8Array }
  /** The body has ended. */
  | { readonly kind: 'END'; readonly body: number }
  /** Nobody reads its records any more. */
  | { readonly kind: 'CANCEL'; readonly body: number };

export type ReadingReply =
  | { readonly kind: 'BLOCK'; readonly body: number; readonly block: RecordBlock }
  /** A chunk is read; its records have been sent. */
  | { readonly kind: 'TAKEN'; readonly body: number }
  | { readonly kind: 'END'; readonly body: number; readonly ignored: readonly string[] }
  | { readonly kind: 'FAILURE'; readonly body: number; readonly failure: ReadingFailure };

/** An error without what threads cannot exchange; no code for one that is no DomainError. */
export interface ReadingFailure {
  readonly code: ErrorCode | null;
  readonly message: string;
  readonly problems: readonly FieldProblem[];
}

/** Chunks of a body that are sent before their records are taken: enough that the thread does not wait for the next one. */
const chunksAheadMax = 4;

/** Reads the records of bodies in a thread, which is started for the first one. */
export class ReadingThread {
  readonly #importer: Pick<BlockImporter, 'blocks'>;
  readonly #start: () => Worker;
  readonly #bodies = new Map<number, BodyReading>();
  #worker: Worker | undefined;
  #lastBody = 0;
  #hasEnded = false;

  constructor(importer: Pick<BlockImporter, 'blocks'>, start: () => Worker) {
    this.#importer = importer;
    this.#start = start;
  }

  /** False once the thread has ended, whatever the reason. */
  get isAvailable(): boolean {
    return !this.#hasEnded;
  }

  /** The records of a body; what `readRecordStream` throws, this does. */
  async *read(
    chunks: AsyncIterable<Uint8Array>,
    onIgnored: (names: readonly string[]) => void,
  ): AsyncGenerator<readonly ReadRecord[]> {
    const worker = this.#startedWorker();
    const id = ++this.#lastBody;
    const body = new BodyReading(id, worker, chunks);
    this.#bodies.set(id, body);
    try {
      for (let block = await body.next(); block; block = await body.next()) yield unpackRecords(this.#importer, block);
      if (body.ignored.length > 0) onIgnored(body.ignored);
    } finally {
      this.#bodies.delete(id);
      body.close();
    }
  }

  /** Bodies that go on meanwhile fail as all do that a server stores no more. */
  async close(): Promise<void> {
    this.#end(serverIsClosing());
    await this.#worker?.terminate();
  }

  #startedWorker(): Worker {
    if (this.#worker) return this.#worker;
    const worker = this.#start();
    this.#worker = worker;
    worker.on('message', (reply: ReadingReply) => this.#bodies.get(reply.body)?.take(reply));
    worker.once('error', (error) => this.#end(error));
    worker.once('exit', () => this.#end(new Error('the thread that reads records has ended')));
    // It must not keep the process alive.
    worker.unref();
    return worker;
  }

  #end(error: unknown): void {
    this.#hasEnded = true;
    for (const body of this.#bodies.values()) body.fail(error);
  }
}

/** The reading of one body: its chunks go to the thread, and its records come back. */
class BodyReading {
  readonly #id: number;
  readonly #worker: Worker;
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** What came back and was not taken yet. */
  readonly #blocks: RecordBlock[] = [];
  /** Chunks of which the thread has not sent all records. */
  #sent = 0;
  #hasEnded = false;
  /** The body itself has failed: what the thread has to send yet comes before that. */
  #fault: { readonly error: unknown } | undefined;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;
  #ignored: readonly string[] = [];
  #wake: () => void = () => undefined;
  #wakeSender: () => void = () => undefined;

  constructor(id: number, worker: Worker, chunks: AsyncIterable<Uint8Array>) {
    this.#id = id;
    this.#worker = worker;
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#post({ kind: 'BEGIN', body: id });
    void this.#sendAll();
  }

  get ignored(): readonly string[] {
    return this.#ignored;
  }

  /** The next records; null after the last ones. */
  async next(): Promise<RecordBlock | null> {
    for (;;) {
      const block = this.#blocks.shift();
      this.#wakeSender();
      if (block) return block;
      if (this.#failure) throw this.#failure.error;
      if (this.#fault && this.#sent === 0) throw this.#fault.error;
      if (this.#hasEnded) return null;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  take(reply: ReadingReply): void {
    if (reply.kind === 'BLOCK') this.#blocks.push(reply.block);
    else if (reply.kind === 'TAKEN') this.#sent--;
    else if (reply.kind === 'FAILURE') this.#failure = { error: errorOf(reply.failure) };
    else {
      this.#ignored = reply.ignored;
      this.#hasEnded = true;
    }
    this.#wakeSender();
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure ??= { error };
    this.#wakeSender();
    this.#wake();
  }

  /** Nothing is sent any more. */
  close(): void {
    this.#isClosed = true;
    this.#wakeSender();
    if (!this.#hasEnded && !this.#failure) this.#post({ kind: 'CANCEL', body: this.#id });
    // Not awaited: a source that waits for its next chunk ends only with the request.
    void this.#chunks.return?.()?.then(undefined, () => undefined);
  }

  async #sendAll(): Promise<void> {
    try {
      for (;;) {
        const { value, done } = await this.#chunks.next();
        if (this.#isClosed || this.#failure) return;
        if (done) return this.#post({ kind: 'END', body: this.#id });
        // A copy, because the memory of a chunk may be shared with others.
        const chunk = new Uint8Array(value);
        this.#sent++;
        this.#post({ kind: 'CHUNK', body: this.#id, chunk }, [chunk.buffer]);
        while (this.#sent + this.#blocks.length >= chunksAheadMax) {
          await new Promise<void>((resolve) => {
            this.#wakeSender = resolve;
          });
          if (this.#isClosed || this.#failure) return;
        }
      }
    } catch (error) {
      this.#fault = { error };
      this.#wake();
    }
  }

  #post(request: ReadingRequest, memory: ArrayBuffer[] = []): void {
    this.#worker.postMessage(request, memory);
  }
}

const errorOf = ({ code, message, problems }: ReadingFailure): Error =>
  code === null ? new Error(message) : new DomainError(code, message, { problems: [...problems] });
