import { isUtf8 } from 'node:buffer';
import type { ProblemCode } from '../errors.ts';

export interface RecordText {
  raw: string;
  fault?: { code: ProblemCode; message: string };
}

export interface RecordBytes {
  add(chunk: Buffer, start: number, end: number): void;
  /** How many bytes were added since the last time. */
  readonly length: number;
  /** The bytes that were kept of them, instead of their text. */
  takeBytes(): Buffer;
  /** The text of everything added since the last time. */
  take(): RecordText;
}

/** Gathers the bytes of one record across chunks. No more than `recordBytesMax` of them are kept. */
export const createRecordBytes = (recordBytesMax: number): RecordBytes => {
  let parts: Buffer[] = [];
  let kept = 0;
  let total = 0;
  return {
    add(chunk, start, end) {
      total += end - start;
      const keptEnd = Math.min(end, start + recordBytesMax - kept);
      if (keptEnd > start) {
        parts.push(chunk.subarray(start, keptEnd));
        kept += keptEnd - start;
      }
    },
    get length() {
      return total;
    },
    takeBytes() {
      const bytes = Buffer.concat(parts);
      parts = [];
      kept = 0;
      total = 0;
      return bytes;
    },
    take() {
      const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      const length = total;
      parts = [];
      kept = 0;
      total = 0;
      if (length > recordBytesMax) {
        const message = `the record has ${length} bytes, over the limit recordBytesMax of ${recordBytesMax}`;
        // In stream mode the decoder leaves out a character that the cut has divided.
        const raw = new TextDecoder().decode(bytes, { stream: true });
        return { raw, fault: { code: 'OUT_OF_RANGE', message } };
      }
      const raw = bytes.toString('utf8');
      return isUtf8(bytes) ? { raw } : { raw, fault: { code: 'MALFORMED', message: 'the record is not valid UTF-8' } };
    },
  };
};
