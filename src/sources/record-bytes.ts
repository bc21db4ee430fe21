import { isUtf8 } from 'node:buffer';
import type { ProblemCode } from '../errors.ts';

export interface RecordText {
  raw: string;
  fault?: { code: ProblemCode; message: string };
}

export interface RecordBytes {
  add(chunk: Buffer, start: number, end: number): void;
  /** How many bytes were added since the last drain. */
  readonly length: number;
  /** Clears the retained bytes. */
  discard(): void;
  /** Returns the retained bytes and clears them. */
  drainBytes(): Buffer;
  /** Returns the text of the retained bytes and clears them. */
  drain(): RecordText;
}

/** Collects the bytes of one record across chunks and retains at most `recordBytesMax` of them. */
export const createRecordBytes = (recordBytesMax: number): RecordBytes => {
  let parts: Buffer[] = [];
  let retained = 0;
  let total = 0;
  const discard = (): void => {
    parts = [];
    retained = 0;
    total = 0;
  };
  return {
    add(chunk, start, end) {
      total += end - start;
      const retainedEnd = Math.min(end, start + recordBytesMax - retained);
      if (retainedEnd > start) {
        parts.push(chunk.subarray(start, retainedEnd));
        retained += retainedEnd - start;
      }
    },
    get length() {
      return total;
    },
    discard,
    drainBytes() {
      const bytes = Buffer.concat(parts);
      discard();
      return bytes;
    },
    drain() {
      const bytes = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
      const length = total;
      discard();
      if (length > recordBytesMax) {
        const message = `the record has ${length} bytes, over the limit recordBytesMax of ${recordBytesMax}`;
        // In stream mode the decoder omits a character that the cut has split.
        const raw = new TextDecoder().decode(bytes, { stream: true });
        return { raw, fault: { code: 'OUT_OF_RANGE', message } };
      }
      const raw = bytes.toString('utf8');
      return isUtf8(bytes) ? { raw } : { raw, fault: { code: 'MALFORMED', message: 'the record is not valid UTF-8' } };
    },
  };
};
