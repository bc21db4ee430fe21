import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { crc32 } from 'node:zlib';
import type { ColumnArray } from '../../indices/state-columns.ts';
import type { CapturedColumn } from './columns.ts';
import { type ColumnEntry, encodeFooter, type IndexFileState, prefix, typeOf } from './format.ts';

/** Bytes that are written at once: their checksum holds the thread for a quarter of a millisecond. */
const writeBytes = 2 ** 20;

/**
 * Writes an index file under another name, syncs it to the disk and renames it, so that a file of the name is always whole.
 * Rejects with the reason when `signal` aborts; nothing is left then.
 */
export const writeIndexFile = async (
  path: string,
  state: IndexFileState,
  columns: readonly CapturedColumn[],
  signal: AbortSignal,
): Promise<void> => {
  const part = `${path}.${process.pid}.part`;
  try {
    const file = await open(part, 'w');
    try {
      const writer = new Writer(file, signal);
      await writer.write(prefix);
      const entries: ColumnEntry[] = [];
      for (const column of columns) entries.push(await writeColumn(writer, column));
      await writer.write(encodeFooter({ ...state, columns: entries }));
      await writer.flush();
      await file.datasync();
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw error;
  }
};

const writeColumn = async (writer: Writer, { name, parts }: CapturedColumn): Promise<ColumnEntry> => {
  let [bytes, checksum] = [0, 0];
  for (const part of parts) {
    const all = bytesOf(part);
    bytes += all.length;
    for (let start = 0; start < all.length; start += writeBytes) {
      const piece = all.subarray(start, start + writeBytes);
      checksum = crc32(piece, checksum);
      await writer.write(piece);
    }
  }
  return { name, type: typeOf(parts[0] ?? new Uint8Array(0)), bytes, crc32: checksum };
};

const bytesOf = ({ buffer, byteOffset, byteLength }: ColumnArray): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

/** Gathers small pieces, so that many of them are one write. */
class Writer {
  readonly #file: FileHandle;
  readonly #signal: AbortSignal;
  #pieces: Uint8Array[] = [];
  #bytes = 0;

  constructor(file: FileHandle, signal: AbortSignal) {
    this.#file = file;
    this.#signal = signal;
  }

  async write(piece: Uint8Array): Promise<void> {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes >= writeBytes || this.#pieces.length === piecesMax) await this.flush();
  }

  async flush(): Promise<void> {
    this.#signal.throwIfAborted();
    const [pieces, bytes] = [this.#pieces, this.#bytes];
    this.#pieces = [];
    this.#bytes = 0;
    if (bytes === 0) return;
    const { bytesWritten } = await this.#file.writev(pieces);
    if (bytesWritten !== bytes) throw new Error(`only ${bytesWritten} of ${bytes} bytes could be written`);
  }
}

/** Fewer than IOV_MAX. */
const piecesMax = 512;

/** Makes a rename durable; Windows cannot open folders. */
const syncFolder = async (path: string): Promise<void> => {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};
