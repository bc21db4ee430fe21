import { isUtf8 } from 'node:buffer';
import { parseExactJson } from '../lib/exact-json.ts';
import { fileBytesAt, fileChunks } from './file-chunks.ts';
import { type JsonText, PlainObjectReader } from './plain-object.ts';
import type { RecordText } from './record-bytes.ts';
import { createRecordBytes } from './record-bytes.ts';
import type { SourceBatch, SourceFile, SourceRecord } from './source.ts';
import { notATable, refusedRecord } from './source.ts';

const [newline, carriageReturn, openBrace] = [10, 13, 123];

/** One JSON object read from its text; anything else is refused with the reason. */
export const jsonRecord = (line: number, { raw, fault }: RecordText): SourceRecord => {
  if (fault !== undefined) return refusedRecord(line, raw, fault.code, fault.message);
  let value: unknown;
  try {
    value = parseExactJson(raw);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return refusedRecord(line, raw, 'MALFORMED', `the record is not valid JSON: ${error.message}`);
  }
  // Only the text of a JSON object starts with a brace; numbers may also be parsed into objects.
  if (raw.charCodeAt(0) === openBrace || raw.trimStart().startsWith('{'))
    return { line, raw, value: value as Record<string, unknown> };
  return refusedRecord(line, raw, 'WRONG_TYPE', 'the record is not a JSON object');
};

/** Reads a text chunk by chunk. */
export interface ChunkReader {
  push(chunk: Buffer): void;
  /** Call it at the end of the text. */
  finish(): void;
}

/** Reads each non-blank line as one record, valid or refused. */
export const createLineReader = (recordBytesMax: number, onRecord: (record: SourceRecord) => void): ChunkReader => {
  const pending = createRecordBytes(recordBytesMax);
  let line = 0;
  const endLine = (text: RecordText): void => {
    line += 1;
    const { raw } = text;
    const isReturned = raw.charCodeAt(raw.length - 1) === carriageReturn;
    const record = isReturned ? { ...text, raw: raw.slice(0, -1) } : text;
    if (raw.charCodeAt(0) !== openBrace && record.raw.trim() === '') return;
    const read = jsonRecord(line, record);
    if (read.value) objects.learn(read.value);
    onRecord(read);
  };
  const objects = new PlainObjectReader();
  /** Reads a line that is valid text. */
  const readLine = (chunk: JsonText, start: number, end: number): void => {
    const object = objects.read(chunk, start, end);
    if (object === null) endLine({ raw: chunk.bytes.toString('utf8', start, end) });
    else {
      line += 1;
      onRecord({ line, raw: object.raw, value: object.value });
    }
  };
  return {
    push(chunk) {
      const linesEnd = chunk.lastIndexOf(newline) + 1;
      /** Null unless they are valid text. */
      let lines: JsonText | null | undefined;
      let start = 0;
      while (start < linesEnd) {
        // Two hundred million empty lines fit in 200 kB of gzip.
        if (pending.length === 0) for (; chunk[start] === newline; start++) line += 1;
        const end = chunk.indexOf(newline, start);
        if (end < 0) break;
        // Most lines are within one chunk of text, which is checked as a whole.
        const isWhole = pending.length === 0 && end - start <= recordBytesMax;
        if (isWhole && lines === undefined) lines = textOf(chunk, start, linesEnd);
        if (isWhole && lines) readLine(lines, start, end);
        else {
          pending.add(chunk, start, end);
          endLine(pending.drain());
        }
        start = end + 1;
      }
      pending.add(chunk, start, chunk.length);
    },
    finish: () => endLine(pending.drain()),
  };
};

/** Null for bytes that are not valid text from `start` up to `end`. */
const textOf = (bytes: Buffer, start: number, end: number): JsonText | null =>
  isUtf8(bytes.subarray(start, end)) ? { bytes, text: bytes.toString('latin1', 0, end) } : null;

/** A file whose first lines, this many, hold no valid record is not JSON Lines. */
const badLinesMax = 100;

const noRecord = ([first]: readonly SourceRecord[]) => {
  const reason = first?.problems?.[0]?.message;
  return notATable(
    `line ${first?.line} is not a record (${reason}); expected a JSON array, one object per line, or CSV`,
  );
};

/** A file that is one JSON object over several lines. */
export async function* readJsonObject({ path, bytes, textStart }: SourceFile): AsyncGenerator<SourceBatch> {
  const text = await fileBytesAt(path, textStart, bytes - textStart);
  const blank = /^\s*/.exec(text.toString('latin1'))?.[0] ?? '';
  const line = 1 + (blank.match(/\n/g)?.length ?? 0);
  const record = createRecordBytes(bytes);
  record.add(text, blank.length, text.length);
  const { raw, ...fault } = record.drain();
  yield { records: [jsonRecord(line, { raw: raw.trimEnd(), ...fault })], bytesRead: bytes };
}

/** JSON Lines (https://jsonlines.org): each non-blank line is one record, valid or refused. */
export async function* readJsonLines(file: SourceFile, recordBytesMax: number): AsyncGenerator<SourceBatch> {
  let hasGood = false;
  let records: SourceRecord[] = [];
  const reader = createLineReader(recordBytesMax, (record) => {
    hasGood ||= record.problems === undefined;
    records.push(record);
  });

  let bytesRead = file.textStart;
  for await (const chunk of fileChunks(file)) {
    reader.push(chunk);
    bytesRead += chunk.length;
    if (!hasGood && records.length > badLinesMax) throw noRecord(records);
    // Bad lines are held back until a valid line shows that the file is JSON Lines.
    if (!hasGood || records.length === 0) continue;
    yield { records, bytesRead };
    records = [];
  }
  reader.finish();
  if (records.length === 0 && !hasGood) throw notATable('the file is empty');
  if (!hasGood) throw noRecord(records);
  if (records.length > 0) yield { records, bytesRead };
}
