import { type FileHandle, open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import type { ColumnArray } from '../../indices/state-columns.ts';
import {
  bufferFor,
  type ColumnEntry,
  columnIn,
  decodeFooter,
  type Footer,
  footerBytesIn,
  prefix,
  trailerBytes,
} from './format.ts';

/** Bytes that are read at once: their checksum holds the thread for a millisecond. */
const readBytes = 4 * 2 ** 20;

/** Why an index file cannot be used. */
export class UnusableFile extends Error {}

/** An open index file whose columns can be read. */
export interface IndexFile {
  readonly footer: Footer;
  /** Throws UnusableFile when a column is not as it was written. */
  columns(): AsyncIterable<readonly [name: string, column: ColumnArray]>;
}

/** Opens an index file for `use`. Throws UnusableFile when it is cut, or not one, and what the file system throws. */
export const withIndexFile = async <R>(path: string, use: (file: IndexFile) => Promise<R>): Promise<R> => {
  const file = await open(path, 'r');
  try {
    const footer = await readFooter(file);
    return await use({ footer, columns: () => readColumns(file, footer.columns) });
  } finally {
    await file.close();
  }
};

const readFooter = async (file: FileHandle): Promise<Footer> => {
  const { size } = await file.stat();
  if (size < prefix.length + trailerBytes) throw new UnusableFile('it is cut');
  if (!(await readAt(file, 0, prefix.length)).equals(prefix)) throw new UnusableFile('it is of another format');
  const trailer = await readAt(file, size - trailerBytes, trailerBytes);
  const footerBytes = footerBytesIn(trailer);
  if (footerBytes === null || footerBytes > size - prefix.length - trailerBytes) throw new UnusableFile('it is cut');
  const text = await readAt(file, size - trailerBytes - footerBytes, footerBytes);
  const footer = decodeFooter(text, trailer, size);
  if (!footer) throw new UnusableFile('its footer is damaged');
  return footer;
};

const readAt = async (file: FileHandle, position: number, bytes: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(bytes);
  await readInto(file, buffer, position);
  return buffer;
};

const readInto = async (file: FileHandle, target: Uint8Array, position: number): Promise<void> => {
  for (let done = 0; done < target.length; ) {
    const { bytesRead } = await file.read(target, done, target.length - done, position + done);
    if (bytesRead === 0) throw new UnusableFile('it is cut');
    done += bytesRead;
  }
};

async function* readColumns(
  file: FileHandle,
  entries: readonly ColumnEntry[],
): AsyncGenerator<readonly [string, ColumnArray]> {
  let position = prefix.length;
  for (const entry of entries) {
    const buffer = bufferFor(entry.bytes);
    let checksum = 0;
    for (let start = 0; start < entry.bytes; start += readBytes) {
      const piece = new Uint8Array(buffer, start, Math.min(readBytes, entry.bytes - start));
      await readInto(file, piece, position + start);
      checksum = crc32(piece, checksum);
    }
    if (checksum !== entry.crc32) throw new UnusableFile(`its column ${entry.name} is damaged`);
    position += entry.bytes;
    yield [entry.name, columnIn(buffer, entry)];
  }
}
