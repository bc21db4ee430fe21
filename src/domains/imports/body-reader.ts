import { DomainError } from '../../errors.ts';
import type { Importer } from '../../ledger/record.ts';
import { readRecordStream } from '../../sources/record-stream.ts';
import type { ReadingFailure, ReadingReply } from './reading-thread.ts';
import { type BlockImporter, packRecords } from './record-blocks.ts';

/** An envelope has all of its records at once, and the other thread must not be held up by them. */
const blockRecords = 1000;

export interface BodyReaderOptions {
  /** The number of the body. */
  readonly body: number;
  readonly importer: BlockImporter & Pick<Importer, 'shape'>;
  readonly limits: { readonly recordBytesMax: number; readonly bodyBytesMax: number };
  readonly send: (reply: ReadingReply, memory?: ArrayBuffer[]) => void;
}

/** Reads the records of one body for another thread, from the chunks that it sends. */
export class BodyReader {
  readonly #options: BodyReaderOptions;
  readonly #chunks: Uint8Array[] = [];
  #hasEnded = false;
  #isCancelled = false;
  #wake: () => void = () => undefined;

  constructor(options: BodyReaderOptions) {
    this.#options = options;
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#wake();
  }

  end(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#wake();
  }

  /** Resolves once the body is read, or nobody needs it. */
  async run(): Promise<void> {
    const { body, importer, limits, send } = this.#options;
    const ignored: string[] = [];
    try {
      const onIgnored = (names: readonly string[]): void => void ignored.push(...names);
      const options = { ...limits, envelope: importer.shape.envelope, onIgnored };
      for await (const records of readRecordStream(this.#read(), options)) {
        for (let from = 0; from < records.length && !this.#isCancelled; from += blockRecords) {
          const block = packRecords(importer, records.slice(from, from + blockRecords));
          send({ kind: 'BLOCK', body, block }, [block.raws.buffer as ArrayBuffer]);
        }
        if (this.#isCancelled) return;
      }
      if (!this.#isCancelled) send({ kind: 'END', body, ignored });
    } catch (error) {
      send({ kind: 'FAILURE', body, failure: failureOf(error) });
    }
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        yield chunk;
        // Requested the next one, so all records of this one were sent.
        this.#options.send({ kind: 'TAKEN', body: this.#options.body });
      } else {
        if (this.#hasEnded || this.#isCancelled) return;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }
}

const failureOf = (error: unknown): ReadingFailure =>
  error instanceof DomainError
    ? { code: error.code, message: error.message, problems: error.problems }
    : { code: null, message: error instanceof Error ? error.message : String(error), problems: [] };
