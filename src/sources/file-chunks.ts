import { open } from 'node:fs/promises';
import type { SourceFile } from './source.ts';

/**
 * The text of a file in order, without its byte order mark. Every chunk has a buffer of its own, so parts of it may be
 * kept; the next is read when it is asked for, on another thread, so that others get their turn in between.
 */
export async function* fileChunks({ path, textStart, chunkBytes }: SourceFile): AsyncGenerator<Buffer> {
  const file = await open(path);
  try {
    for (let position = textStart; ; ) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafeSlow(chunkBytes), 0, chunkBytes, position);
      if (bytesRead === 0) return;
      position += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
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
