import { isUtf8 } from 'node:buffer';
import { DomainError } from '../errors.ts';
import { Stages } from '../lib/yielding.ts';
import { EnvelopeDetector, faultRecord, openEnvelope, withShared } from './envelope.ts';
import { type ChunkReader, createLineReader, jsonRecord } from './json-lines.ts';
import { JsonScanner } from './json-scan.ts';
import { type JsonText, PlainObjectReader } from './plain-object.ts';
import { createRecordBytes } from './record-bytes.ts';
import { type EnvelopeShape, refusedRecord, type SourceRecord } from './source.ts';

const newline = 10;
const openBracket = 91;
const openBrace = 123;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The first non-blank byte distinguishes a JSON array from objects; it must be within this many bytes. */
const headBytesMax = 4096;

/** One record that was sent alone. */
export const readOneRecord = (bytes: Buffer, recordBytesMax: number): SourceRecord => {
  const record = createRecordBytes(recordBytesMax);
  const text = withoutMark(bytes);
  record.add(text, 0, text.length);
  return jsonRecord(1, record.drain());
};

export interface RecordStreamOptions {
  readonly recordBytesMax: number;
  /** How the records may be wrapped; absent when they are not. */
  readonly envelope?: EnvelopeShape | undefined;
  /** The setting `bodyBytesMax`: an envelope is read as a whole. */
  readonly bodyBytesMax: number;
  /** Receives the names of fields of an envelope that were not used. */
  readonly onIgnored: (names: readonly string[]) => void;
}

/**
 * Streams the records of a text, JSON Lines, one JSON array, one JSON object or an envelope, each valid or refused. Where the
 * structure of an array breaks, the last record is refused with that reason, and the rest is not read. Throws TOO_LARGE for
 * an envelope over `bodyBytesMax`.
 */
export async function* readRecordStream(
  chunks: AsyncIterable<Uint8Array>,
  options: RecordStreamOptions,
): AsyncGenerator<readonly SourceRecord[]> {
  let records: SourceRecord[] = [];
  const onRecord = (record: SourceRecord) => void records.push(record);
  let reader: ChunkReader | undefined;
  let head: Buffer = Buffer.alloc(0);
  const stages = new Stages();
  for await (const bytes of chunks) {
    await stages.next();
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!reader) {
      head = Buffer.concat([head, chunk]);
      const first = firstByteOf(head);
      if (first === null) continue;
      reader = readerFor(first, options, onRecord);
      chunk = withoutMark(head);
    }
    reader.push(chunk);
    if (records.length > 0) yield records;
    records = [];
  }
  reader ??= createLineReader(options.recordBytesMax, onRecord);
  reader.finish();
  if (records.length > 0) yield records;
}

const readerFor = (
  first: number,
  options: RecordStreamOptions,
  onRecord: (record: SourceRecord) => void,
): ChunkReader => {
  const { recordBytesMax, envelope } = options;
  if (first === openBracket) return createArrayReader(recordBytesMax, onRecord);
  if (first !== openBrace) return createLineReader(recordBytesMax, onRecord);
  return new ObjectReader({ ...options, envelope: envelope ?? noEnvelope }, onRecord);
};

const noEnvelope: EnvelopeShape = { lists: [], shared: [], recordFields: [] };

type ObjectOptions = RecordStreamOptions & { readonly envelope: EnvelopeShape };

/**
 * Reads a text that begins with an object: JSON Lines, where the first line is a whole object or none at all; one object
 * over several lines; or an envelope.
 */
class ObjectReader implements ChunkReader {
  readonly #options: ObjectOptions;
  readonly #onRecord: (record: SourceRecord) => void;
  readonly #detector: EnvelopeDetector;
  #lines: ChunkReader | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** What comes before the object: its lines count. */
  #blanks: Buffer = Buffer.alloc(0);

  constructor(options: ObjectOptions, onRecord: (record: SourceRecord) => void) {
    this.#options = options;
    this.#onRecord = onRecord;
    this.#detector = new EnvelopeDetector(options.envelope);
  }

  push(chunk: Buffer): void {
    if (this.#lines) {
      this.#lines.push(chunk);
      return;
    }
    const text = this.#heldBytes === 0 ? withoutBlanks(chunk) : chunk;
    if (text.length < chunk.length) this.#blanks = chunk.subarray(0, chunk.length - text.length);
    this.#held.push(text);
    this.#heldBytes += text.length;
    if (!this.#detector.isEnvelope) this.#detect(text);
    if (this.#detector.isEnvelope) this.#checkSize();
  }

  finish(): void {
    if (this.#lines) this.#lines.finish();
    else if (this.#detector.isEnvelope) this.#readEnvelope(this.#drain());
    else if (this.#detector.isComplete) this.#readObject(this.#drain());
    else this.#readLines(this.#drain()).finish();
  }

  #detect(text: Buffer): void {
    const detector = this.#detector;
    // The first line alone, because a second object would be an error.
    const lineEnd = this.#heldBytes === text.length ? text.indexOf(newline) + 1 : 0;
    if (lineEnd > 0) detector.push(text.subarray(0, lineEnd));
    const isFirstLine = lineEnd > 0 && detector.isComplete;
    if (!isFirstLine && !detector.isEnvelope) detector.push(text.subarray(lineEnd));
    if (detector.isEnvelope) return;
    const isOneLine = detector.isComplete && !this.#held.some((part) => part.includes(newline));
    if (isFirstLine || isOneLine || detector.isBroken || this.#heldBytes > this.#options.recordBytesMax)
      this.#readLines(this.#drain());
  }

  #readObject(text: Buffer): void {
    const record = createRecordBytes(this.#options.recordBytesMax);
    record.add(text, 0, text.length);
    this.#onRecord(jsonRecord(1, record.drain()));
  }

  #readLines(text: Buffer): ChunkReader {
    this.#lines = createLineReader(this.#options.recordBytesMax, this.#onRecord);
    if (this.#blanks.length > 0) this.#lines.push(this.#blanks);
    this.#lines.push(text);
    return this.#lines;
  }

  #checkSize(): void {
    const { bodyBytesMax } = this.#options;
    if (this.#heldBytes > bodyBytesMax)
      throw new DomainError(
        'TOO_LARGE',
        `an envelope of records may have ${bodyBytesMax} bytes (setting bodyBytesMax); send a list or lines instead`,
      );
  }

  #readEnvelope(text: Buffer): void {
    const { lists, shared, ignored, fault } = openEnvelope(text, this.#options.envelope);
    for (const list of lists) {
      const reader = createArrayReader(this.#options.recordBytesMax, (record) =>
        this.#onRecord(withShared(record, shared)),
      );
      reader.push(list);
      reader.finish();
    }
    if (fault !== null) this.#onRecord(faultRecord(fault));
    if (ignored.length > 0) this.#options.onIgnored(ignored);
  }

  #drain(): Buffer {
    const text = this.#held.length === 1 ? (this.#held[0] as Buffer) : Buffer.concat(this.#held);
    this.#held = [];
    return text;
  }
}

const withoutBlanks = (text: Buffer): Buffer => text.subarray(text.findIndex((byte) => byte > 32));

const withoutMark = (text: Buffer): Buffer =>
  text.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? text.subarray(byteOrderMark.length) : text;

/** The first byte that is not blank, null while there is none; 0 for a text that begins with many blanks. */
const firstByteOf = (head: Buffer): number | null => {
  const first = withoutMark(head).find((byte) => byte > 32);
  return first ?? (head.length < headBytesMax ? null : 0);
};

/** Reads the elements of one JSON array. */
const createArrayReader = (recordBytesMax: number, onRecord: (record: SourceRecord) => void): ChunkReader => {
  const pending = createRecordBytes(recordBytesMax);
  const objects = new PlainObjectReader();
  let line = 1;
  let isBroken = false;
  /** The chunk that is scanned, made when an element is read from it. */
  let text: JsonText | undefined;
  /** Where the element is, when all of it is in the chunk. */
  let [start, end] = [0, 0];
  let isWhole = false;
  const readPlain = (): boolean => {
    if (!isWhole || !text || end - start > recordBytesMax || !isUtf8(text.bytes.subarray(start, end))) return false;
    const object = objects.read(text, start, end);
    if (object) onRecord({ line, raw: object.raw, value: object.value });
    return object !== null;
  };
  const scanner = new JsonScanner('LIST', {
    begin(elementLine) {
      line = elementLine;
      isWhole = true;
    },
    bytes(chunk, from, to) {
      isWhole &&= pending.length === 0;
      if (isWhole) {
        if (text?.bytes !== chunk) text = { bytes: chunk, text: chunk.toString('latin1') };
        [start, end] = [from, to];
      }
      pending.add(chunk, from, to);
    },
    end() {
      if (readPlain()) {
        pending.discard();
        return;
      }
      const record = jsonRecord(line, pending.drain());
      if (record.value) objects.learn(record.value);
      onRecord(record);
    },
  });
  const guarded = (scan: () => void): void => {
    if (isBroken) return;
    try {
      scan();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      isBroken = true;
      const reason = `the list is broken: ${error.message}; nothing after it was read`;
      onRecord(refusedRecord(line, pending.drain().raw, 'MALFORMED', reason));
    }
  };
  return {
    push: (chunk) => guarded(() => scanner.push(chunk)),
    finish: () => guarded(() => scanner.finish()),
  };
};
