import { DomainError } from '../errors.ts';
import { type ChunkReader, createLineReader, jsonRecord } from './json-lines.ts';
import { createJsonScanner } from './json-scan.ts';
import { createRecordBytes } from './record-bytes.ts';
import { refusedRecord, type SourceRecord } from './source.ts';

const openBracket = 91;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Whether a text is a list of JSON or a record a line shows at its first byte that is not blank; it is not looked for further. */
const headBytesMax = 4096;

/** One record that came by itself. */
export const readOneRecord = (bytes: Buffer, recordBytesMax: number): SourceRecord => {
  const record = createRecordBytes(recordBytesMax);
  const text = withoutMark(bytes);
  record.add(text, 0, text.length);
  return jsonRecord(1, record.take());
};

/**
 * The records of a text as its chunks come, JSON Lines or one JSON array, each good or refused. Where the structure of
 * an array breaks, the last record is refused for it, and what follows is not read.
 */
export async function* readRecordStream(
  chunks: AsyncIterable<Uint8Array>,
  recordBytesMax: number,
): AsyncGenerator<readonly SourceRecord[]> {
  let records: SourceRecord[] = [];
  const take = (record: SourceRecord) => void records.push(record);
  let reader: ChunkReader | undefined;
  let head: Buffer = Buffer.alloc(0);
  for await (const bytes of chunks) {
    let chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (!reader) {
      head = Buffer.concat([head, chunk]);
      const isArray = beginsArray(head);
      if (isArray === null) continue;
      reader = isArray ? createArrayReader(recordBytesMax, take) : createLineReader(recordBytesMax, take);
      chunk = withoutMark(head);
    }
    reader.push(chunk);
    if (records.length > 0) yield records;
    records = [];
  }
  reader ??= createLineReader(recordBytesMax, take);
  reader.finish();
  if (records.length > 0) yield records;
}

const withoutMark = (text: Buffer): Buffer =>
  text.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? text.subarray(byteOrderMark.length) : text;

/** Null when it does not show yet. */
const beginsArray = (head: Buffer): boolean | null => {
  const first = withoutMark(head).find((byte) => byte > 32);
  if (first === undefined && head.length < headBytesMax) return null;
  return first === openBracket;
};

/** Reads the elements of one JSON array. */
const createArrayReader = (recordBytesMax: number, take: (record: SourceRecord) => void): ChunkReader => {
  const pending = createRecordBytes(recordBytesMax);
  let line = 1;
  let isBroken = false;
  const scanner = createJsonScanner('LIST', {
    begin(elementLine) {
      line = elementLine;
    },
    bytes: pending.add,
    end: () => take(jsonRecord(line, pending.take())),
  });
  const guarded = (scan: () => void): void => {
    if (isBroken) return;
    try {
      scan();
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      isBroken = true;
      const reason = `the list is broken: ${error.message}; nothing after it was read`;
      take(refusedRecord(line, pending.take().raw, 'MALFORMED', reason));
    }
  };
  return {
    push: (chunk) => guarded(() => scanner.push(chunk)),
    finish: () => guarded(() => scanner.finish()),
  };
};
