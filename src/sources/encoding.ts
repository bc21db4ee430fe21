import { isAscii, isUtf8 } from 'node:buffer';
import { open } from 'node:fs/promises';
import type { TextEncoding } from '../lib/import-options.ts';

/** How the bytes of a file are text. */
export interface DetectedEncoding {
  readonly encoding: TextEncoding;
  /** Bytes of byte order marks before the text. */
  readonly textStart: number;
  /** What a person should know about the choice; null when there is no doubt. */
  readonly warning: string | null;
}

const utf8Mark = Buffer.from('\ufeff');
const scanBytes = 1 << 20;

/** Bytes of byte order marks; writers that add one to a file that has one leave two. */
const marksLength = (head: Buffer, mark: Buffer): number => {
  let length = 0;
  while (head.subarray(length, length + mark.length).equals(mark)) length += mark.length;
  return length;
};

/** The length of the UTF-8 sequence that begins here, 0 when it is not one; cut sequences count as none. */
const sequenceLength = (bytes: Buffer, at: number): number => {
  const first = bytes[at] as number;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (first < 0xc2 || length === 0 || at + length > bytes.length) return 0;
  return isUtf8(bytes.subarray(at, at + length)) ? length : 0;
};

/** Bytes at the end that begin a UTF-8 sequence without completing it. */
const cutSequenceBytes = (bytes: Buffer): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const length = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return byte < 0xf5 && back < length ? back : 0;
  }
  return 0;
};

interface ByteCounts {
  /** UTF-8 sequences of more than one byte. */
  sequences: number;
  /** Bytes that are part of no UTF-8 sequence. */
  invalid: number;
}

const countBytes = (bytes: Buffer, counts: ByteCounts): void => {
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) counts.invalid += 1;
    else if (length > 1) counts.sequences += 1;
    at += length || 1;
  }
};

/** Counts over the whole file: a byte that is not UTF-8 may come only in its last row. */
const countFile = async (path: string): Promise<ByteCounts> => {
  const counts = { sequences: 0, invalid: 0 };
  const file = await open(path);
  try {
    const buffer = Buffer.allocUnsafe(scanBytes);
    let kept = 0;
    let isWhole = true;
    for (;;) {
      const { bytesRead } = await file.read(buffer, kept, scanBytes - kept);
      const bytes = buffer.subarray(0, kept + bytesRead);
      const cut = bytesRead === 0 ? 0 : cutSequenceBytes(bytes);
      const complete = bytes.subarray(0, bytes.length - cut);
      if (!isAscii(complete)) {
        // Sequences are counted only from the first fault on: most files have none, and counting is slow.
        if (isWhole && isUtf8(complete)) counts.sequences += 1;
        else {
          isWhole = false;
          countBytes(complete, counts);
        }
      }
      if (bytesRead === 0) return counts;
      bytes.copy(buffer, 0, complete.length);
      kept = cut;
    }
  } finally {
    await file.close();
  }
};

/** UTF-16 without a byte order mark: Latin letters, digits and separators leave NULs at every other byte. */
const unmarkedUtf16 = (head: Buffer): 'UTF-16LE' | 'UTF-16BE' | null => {
  let [even, odd] = [0, 0];
  for (let at = head.indexOf(0); at >= 0; at = head.indexOf(0, at + 1)) {
    if (at & 1) odd += 1;
    else even += 1;
  }
  const pairs = Math.max(head.length >> 1, 16);
  if (odd * 4 > pairs && even * 20 < odd) return 'UTF-16LE';
  return even * 4 > pairs && odd * 20 < even ? 'UTF-16BE' : null;
};

const utf16Marks = { 'UTF-16LE': Buffer.from('fffe', 'hex'), 'UTF-16BE': Buffer.from('feff', 'hex') };

/** UTF-16 by its byte order mark or its NULs; null for other text. */
export const utf16Encoding = (head: Buffer): 'UTF-16LE' | 'UTF-16BE' | null => {
  if (head.subarray(0, 4).equals(Buffer.from('fffe0000', 'hex'))) return null;
  for (const encoding of ['UTF-16LE', 'UTF-16BE'] as const)
    if (marksLength(head, utf16Marks[encoding]) > 0) return encoding;
  return unmarkedUtf16(head);
};

/** The encoding that the options or the first bytes reveal; null when all bytes decide. */
const obviousEncoding = (head: Buffer, option: TextEncoding | undefined): DetectedEncoding | null => {
  const marks = {
    'UTF-8': marksLength(head, utf8Mark),
    'UTF-16LE': marksLength(head, utf16Marks['UTF-16LE']),
    'UTF-16BE': marksLength(head, utf16Marks['UTF-16BE']),
    'WINDOWS-1252': 0,
  };
  const encoding = option ?? (marks['UTF-8'] > 0 ? 'UTF-8' : utf16Encoding(head));
  return encoding === null ? null : { encoding, textStart: marks[encoding], warning: null };
};

const countedEncoding = ({ sequences, invalid }: ByteCounts): DetectedEncoding => {
  if (invalid === 0) return { encoding: 'UTF-8', textStart: 0, warning: null };
  if (sequences >= invalid) {
    const warning = `${invalid} bytes are not valid UTF-8, and their rows are rejected; state encoding (WINDOWS_1252) if it is another one`;
    return { encoding: 'UTF-8', textStart: 0, warning };
  }
  const warning =
    'the file is not valid UTF-8 and was decoded as WINDOWS-1252; check its accented letters, and state encoding if it is another one';
  return { encoding: 'WINDOWS-1252', textStart: 0, warning };
};

/**
 * The encoding of a file: that of the options; UTF-16 and UTF-8 by byte order marks; UTF-16 by its NULs; UTF-8 when all of
 * the file or most of what is not ASCII is valid; otherwise Windows-1252.
 */
export const detectEncoding = async (
  path: string,
  head: Buffer,
  option: TextEncoding | undefined,
): Promise<DetectedEncoding> => obviousEncoding(head, option) ?? countedEncoding(await countFile(path));

/** The encoding of a text in memory, found like that of a file. */
export const encodingOf = (bytes: Buffer): DetectedEncoding => {
  const obvious = obviousEncoding(bytes, undefined);
  if (obvious !== null) return obvious;
  const counts = { sequences: 0, invalid: 0 };
  if (!isUtf8(bytes)) countBytes(bytes, counts);
  return countedEncoding(counts);
};

/** Decodes the chunks of a text in order. */
export interface TextDecoding {
  /** A character that the chunk ends within is decoded with the next one. */
  decode(chunk: Buffer): string;
  /** What is left at the end of the text. */
  finish(): string;
  /** Whether no character was cut. */
  readonly isWhole: boolean;
}

/** Undecodable bytes become lone surrogates, which no valid text holds, so that only their rows are refused. */
const decodeFaultyUtf8 = (bytes: Buffer): string => {
  let text = '';
  let start = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      text += bytes.toString('utf8', start, at) + String.fromCharCode(0xdc00 + (bytes[at] as number));
      start = at + 1;
    }
    at += length || 1;
  }
  return text + bytes.toString('utf8', start);
};

const decodeUtf8 = (bytes: Buffer): string => (isUtf8(bytes) ? bytes.toString('utf8') : decodeFaultyUtf8(bytes));

const decodeUtf16 = (bytes: Buffer, isBigEndian: boolean): string => {
  const even = bytes.subarray(0, bytes.length & ~1);
  const text = (isBigEndian ? Buffer.from(even).swap16() : even).toString('utf16le');
  // Half a character at the end of the file.
  return even.length < bytes.length ? `${text}\udcff` : text;
};

const cp1252High = [
  ...'\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f',
  ...'\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178',
];

const decodeCp1252 = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[\x80-\x9f]/g, (character) => cp1252High[character.charCodeAt(0) - 0x80] as string);

const codecs: Readonly<
  Record<TextEncoding, { decode: (bytes: Buffer) => string; cutBytes: (bytes: Buffer) => number }>
> = {
  'UTF-8': { decode: decodeUtf8, cutBytes: cutSequenceBytes },
  'UTF-16LE': { decode: (bytes) => decodeUtf16(bytes, false), cutBytes: (bytes) => bytes.length & 1 },
  'UTF-16BE': { decode: (bytes) => decodeUtf16(bytes, true), cutBytes: (bytes) => bytes.length & 1 },
  'WINDOWS-1252': { decode: decodeCp1252, cutBytes: () => 0 },
};

/** Decodes a text that is in memory as a whole. */
export const decodeText = (bytes: Buffer, encoding: TextEncoding): string => {
  const decoding = createDecoding(encoding);
  return decoding.decode(bytes) + decoding.finish();
};

/** Whether printable ASCII in bytes of the encoding is always what it seems. */
export const extendsAscii = (encoding: TextEncoding): boolean => !encoding.startsWith('UTF-16');

/** Whether bytes without a cut character at their end are text of an encoding that extends ASCII. */
export const isTextOf = (bytes: Buffer, encoding: TextEncoding): boolean =>
  encoding === 'WINDOWS-1252' || isAscii(bytes) || isUtf8(bytes);

export type Decode = (bytes: Buffer) => string;

/** Decodes bytes that end with a whole character. */
export const decodeOf = (encoding: TextEncoding): Decode => codecs[encoding].decode;

export const createDecoding = (encoding: TextEncoding): TextDecoding => {
  const { decode, cutBytes } = codecs[encoding];
  const hasAscii = extendsAscii(encoding);
  const decoded = (bytes: Buffer): string => (hasAscii && isAscii(bytes) ? bytes.toString('latin1') : decode(bytes));
  let rest: Buffer = Buffer.alloc(0);
  return {
    decode(chunk) {
      const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      const end = bytes.length - cutBytes(bytes);
      // A copy, because the caller may use the chunk's memory again.
      rest = Buffer.from(bytes.subarray(end));
      return decoded(bytes.subarray(0, end));
    },
    finish() {
      const bytes = rest;
      rest = Buffer.alloc(0);
      return decoded(bytes);
    },
    get isWhole() {
      return rest.length === 0;
    },
  };
};

/** Why text with lone surrogates could not be decoded. */
export const undecodable = (encoding: TextEncoding): string =>
  `the record is not valid ${encoding === 'UTF-8' ? 'UTF-8' : encoding.slice(0, 6)}`;
