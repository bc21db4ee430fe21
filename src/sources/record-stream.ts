import { DomainError } from '../errors.ts';
import { type ChunkReader, createLineReader, jsonRecord } from './json-lines.ts';
import { JsonScanner } from './json-scan.ts';
import { createRecordBytes } from './record-bytes.ts';
import { refusedRecord, type SourceRecord } from './source.ts';

const openBracket = 91;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** The first non-blank byte distinguishes a JSON array from JSON Lines; it must be within this many bytes. */
const headBytesMax = 4096;

/** One record that was sent alone. */
export const readOneRecord = (bytes: Buffer, recordBytesMax: number): SourceRecord => {
  const record = createRecordBytes(recordBytesMax);
  const text = withoutMark(bytes);
  record.add(text, 0, text.length);
  return jsonRecord(1, record.drain());
};

/**
 * Streams the records of a text, JSON Lines or one JSON array, each valid or refused. Where the structure of an array
 * breaks, the last record is refused with that reason, and the rest is not read.
 */
export async function* readRecordStream(
  chunks: AsyncIterable<Uint8Array>,
  recordBytesMax: number,
): AsyncGenerator<readonly SourceRecord[]> {
  let records: SourceRecord[] = [];
  const onRecord = (record: SourceRecord) => void records.push(record);
  let reader: ChunkReader | undefined;
  let head: Buffer = Buffer.alloc(0);
  for await (const bytes of chunks) {
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!reader) {
      head = Buffer.concat([head, chunk]);
      const isArray = beginsArray(head);
      if (isArray === null) continue;
      reader = isArray ? createArrayReader(recordBytesMax, onRecord) : createLineReader(recordBytesMax, onRecord);
      chunk = withoutMark(head);
    }
    reader.push(chunk);
    if (records.length > 0) yield records;
    records = [];
  }
  reader ??= createLineReader(recordBytesMax, onRecord);
  reader.finish();
  if (records.length > 0) yield records;
}

const withoutMark = (text: Buffer): Buffer =>
  text.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? text.subarray(byteOrderMark.length) : text;

/** Null while only blank bytes were read. */
const beginsArray = (head: Buffer): boolean | null => {
  const first = withoutMark(head).find((byte) => byte > 32);
  if (first === undefined && head.length < headBytesMax) return null;
  return first === openBracket;
};

/** Reads the elements of one JSON array. */
const createArrayReader = (recordBytesMax: number, onRecord: (record: SourceRecord) => void): ChunkReader => {
  const pending = createRecordBytes(recordBytesMax);
  let line = 1;
  let isBroken = false;
  const scanner = new JsonScanner('LIST', {
    begin(elementLine) {
      line = elementLine;
    },
    bytes: pending.add,
    end: () => onRecord(jsonRecord(line, pending.drain())),
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
