import { createHash } from 'node:crypto';
import type { ColumnArray } from '../../indices/state-columns.ts';

/**
 * An index file: a prefix, the columns one after the other, a footer in JSON that describes them, and a trailer that finds the
 * footer and has its SHA-256. Each column has a CRC-32, which costs a third of the SHA-1 that processors compute natively. The footer is behind
 * the columns, so that a file is written in one pass.
 */
export const prefix = Buffer.from('asof-indices 2\n\0');

/** The length of the footer, the SHA-256 of prefix and footer, and the end. */
export const trailerBytes = 8 + 32 + 8;
const end = Buffer.from('asof-end');

const arrays = { f64: Float64Array, i32: Int32Array, u32: Uint32Array, u8: Uint8Array } as const;

export type ColumnType = keyof typeof arrays;

/** Of which ledger, and which of its states, the indices are. */
export interface IndexFileState {
  readonly sequence: number;
  /** As `Store.stateDigest` returns it for the sequence number. */
  readonly digest: string;
  /** The version of the program, and the values of settings that the indices depend on. */
  readonly form: string;
}

export interface ColumnEntry {
  readonly name: string;
  readonly type: ColumnType;
  readonly bytes: number;
  readonly crc32: number;
}

export interface Footer extends IndexFileState {
  readonly columns: readonly ColumnEntry[];
}

export const typeOf = (array: ColumnArray): ColumnType => {
  for (const [type, kind] of Object.entries(arrays)) if (array instanceof kind) return type as ColumnType;
  throw new Error('a column is of a type that files do not have');
};

/**
 * Bytes for a column and some elements more, so that the first record after the start need not move it. Shared memory, which
 * no other thread gets: V8 counts other buffers as garbage to come, and collects all garbage for every 64 MB of them, which
 * took half of the processor time of a start.
 */
export const bufferFor = (bytes: number): SharedArrayBuffer =>
  new SharedArrayBuffer(8 * Math.ceil((bytes + (bytes >>> 5)) / 8));

export const columnIn = (buffer: SharedArrayBuffer, { type, bytes }: ColumnEntry): ColumnArray => {
  const kind: new (buffer: ArrayBufferLike, offset: number, length: number) => ColumnArray = arrays[type];
  return new kind(buffer, 0, bytes / arrays[type].BYTES_PER_ELEMENT);
};

export const encodeFooter = (footer: Footer): Buffer => {
  const text = Buffer.from(JSON.stringify(footer));
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(text.length));
  return Buffer.concat([text, length, digestOf(text), end]);
};

/** A footer describes columns, whose number does not depend on the records: it has some 30 kB. */
const footerBytesMax = 2 ** 20;

/**
 * How long the footer is, by the trailer; null when the file does not end with one. A length that is damaged itself must not
 * decide how much is read: nothing is checked before.
 */
export const footerBytesIn = (trailer: Buffer): number | null => {
  if (trailer.length !== trailerBytes || !trailer.subarray(40).equals(end)) return null;
  const bytes = Number(trailer.readBigUInt64BE(0));
  return bytes <= footerBytesMax ? bytes : null;
};

/** The footer of a file of this size; null when it is not as it was written. */
export const decodeFooter = (text: Buffer, trailer: Buffer, fileBytes: number): Footer | null => {
  if (!digestOf(text).equals(trailer.subarray(8, 40))) return null;
  const footer = JSON.parse(text.toString()) as Footer;
  const columnBytes = footer.columns.reduce((sum, { bytes }) => sum + bytes, 0);
  return prefix.length + columnBytes + text.length + trailerBytes === fileBytes ? footer : null;
};

const digestOf = (text: Buffer): Buffer => createHash('sha256').update(prefix).update(text).digest();
