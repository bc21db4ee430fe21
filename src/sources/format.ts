import { utf16Encoding } from './encoding.ts';
import { fileBytesAt } from './file-chunks.ts';
import type { CustomFormat, SourceShape } from './source.ts';
import { notATable } from './source.ts';

export type SourceFormat = 'JSON_ARRAY' | 'JSON_LINES' | 'JSON_OBJECT' | 'CSV' | CustomFormat;

/** Where the metadata of a MaxMind database begins, within the last 128 KiB: https://maxmind.github.io/MaxMind-DB/ */
export const mmdbMarker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1');
const mmdbMarkerBytes = 128 * 1024;

const headBytes = 64 * 1024;
const byteOrderMark = Buffer.from('\ufeff');

const magicNumbers: readonly (readonly [hex: string, name: string])[] = [
  ['1f8b', 'a gzip file'],
  ['504b0304', 'a ZIP archive or an Excel workbook'],
  ['89504e470d0a1a0a', 'a PNG image'],
  ['ffd8ff', 'a JPEG image'],
  ['25504446', 'a PDF document'],
  ['28b52ffd', 'a Zstandard file'],
  ['53514c69746520666f726d6174203300', 'a SQLite database'],
  ['50415231', 'a Parquet file'],
  ['fffe0000', 'UTF-32 text'],
  ['0000feff', 'UTF-32 text'],
];

/** The kind of a file that is certainly not a table; null when it may be one. */
export const nonTabularKind = (head: Buffer): string | null => {
  const hex = head.toString('hex', 0, 16);
  const known = magicNumbers.find(([signature]) => hex.startsWith(signature));
  if (known !== undefined) return known[1];
  const nul = head.subarray(0, 1024).indexOf(0);
  if (nul >= 0) return 'binary data';
  const text = head.toString('utf8', 0, 1024).trimStart().toLowerCase();
  if (/^(?:<!doctype html|<html|<head|<body)/.test(text)) return 'an HTML page';
  // Some tables have names such as <DATE>,<OPEN>, or cells with tags.
  return text.startsWith('<') && !/^<[^<>]*>(?:[^<>]*<\/[^<>]*>)?[ ]*[,;\t|]/.test(text) ? 'XML' : null;
};

export interface DetectedFormat {
  format: SourceFormat;
  /** Bytes of a byte order mark to skip. */
  textStart: number;
}

/**
 * Detects the format of a file by its content, never by its name. Throws NOT_A_TABLE for an empty file and for a file
 * that clearly has another format.
 */
export const detectFormat = async (
  path: string,
  bytes: number,
  { formats }: SourceShape,
  recordBytesMax: number,
): Promise<DetectedFormat> => {
  const head = await fileBytesAt(path, 0, Math.min(bytes, headBytes));
  const endBytes = Math.min(bytes, mmdbMarkerBytes);
  const end = await fileBytesAt(path, bytes - endBytes, endBytes);
  const textStart = head.subarray(0, 3).equals(byteOrderMark) ? 3 : 0;
  const text = head.toString('utf8', textStart).trimStart();
  const custom = formats?.find((format) => format.matches({ start: text, end }));
  if (custom?.isBinary) return { format: custom, textStart: 0 };
  if (end.includes(mmdbMarker)) throw notATable('the file is a MaxMind database; expected CSV or JSON');
  if (utf16Encoding(head) !== null) return { format: 'CSV', textStart };
  const kind = nonTabularKind(head);
  if (kind !== null) throw notATable(`the file looks like ${kind}; expected CSV or JSON`);
  if (text === '' && head.length === bytes) throw notATable('the file is empty');
  if (custom) return { format: custom, textStart };
  if (text.startsWith('[')) return { format: 'JSON_ARRAY', textStart };
  if (!text.startsWith('{')) return { format: 'CSV', textStart };
  return { format: (await isOneObject(path, bytes, recordBytesMax)) ? 'JSON_OBJECT' : 'JSON_LINES', textStart };
};

/** Whether a file that begins with a brace is one JSON object over several lines, no larger than a record may be. */
const isOneObject = async (path: string, bytes: number, recordBytesMax: number): Promise<boolean> => {
  if (bytes > recordBytesMax) return false;
  const text = (await fileBytesAt(path, 0, bytes))
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trim();
  if (!/[\r\n]/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};
