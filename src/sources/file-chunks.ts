import { open } from 'node:fs/promises';
import type { SourceFile } from './source.ts';

/**
 * The text of a file in order, without its byte order mark. Every chunk has its own buffer, so callers may retain parts of
 * it. The next chunk is read on another thread while the caller uses this one.
 */
export async function* fileChunks({
  path,
  textStart,
  chunkBytes,
}: Pick<SourceFile, 'path' | 'textStart' | 'chunkBytes'>): AsyncGenerator<Buffer> {
  const file = await open(path);
  let position = textStart;
  const read = () => {
    const reading = file.read(Buffer.allocUnsafeSlow(chunkBytes), 0, chunkBytes, position);
    // A failure is thrown where the chunk is awaited; the caller may have given up before.
    reading.catch(() => undefined);
    return reading;
  };
  let reading = read();
  try {
    for (;;) {
      const { buffer, bytesRead } = await reading;
      if (bytesRead === 0) return;
      position += bytesRead;
      reading = read();
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await reading.catch(() => undefined);
    await file.close();
  }
}

/**
 * The same up to a position, in two buffers in turn, each of which is valid until the chunk after it is requested: the next
 * chunk is read while the caller uses this one.
 */
export async function* fileChunksInTurn({
  path,
  textStart,
  chunkBytes,
  end,
}: Pick<SourceFile, 'path' | 'textStart' | 'chunkBytes'> & { readonly end: number }): AsyncGenerator<Buffer> {
  const file = await open(path);
  let position = textStart;
  const read = (buffer: Buffer) => {
    const reading = file.read(buffer, 0, Math.min(chunkBytes, end - position), position);
    // A failure is thrown where the chunk is awaited; the caller may have given up before.
    reading.catch(() => undefined);
    return reading;
  };
  let other: Buffer = Buffer.allocUnsafeSlow(chunkBytes);
  let reading = read(Buffer.allocUnsafeSlow(chunkBytes));
  try {
    for (;;) {
      const { buffer, bytesRead } = await reading;
      if (bytesRead === 0) return;
      position += bytesRead;
      reading = read(other);
      other = buffer;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await reading.catch(() => undefined);
    await file.close();
  }
}

/** Up to `length` bytes at a position, fewer at the end of the file. */
export const fileBytesAt = async (path: string, position: number, length: number): Promise<Buffer> => {
  const file = await open(path);
  try {
    const buffer = Buffer.alloc(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  } finally {
    await file.close();
  }
};
