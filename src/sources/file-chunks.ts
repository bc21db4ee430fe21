import { open } from 'node:fs/promises';
import type { SourceFile } from './source.ts';

/**
 * The text of a file in order, without its byte order mark. Every chunk has its own buffer, so callers may retain parts of
 * it. The next chunk is read on demand, on another thread, which leaves the event loop free.
 */
export async function* fileChunks({
  path,
  textStart,
  chunkBytes,
}: Pick<SourceFile, 'path' | 'textStart' | 'chunkBytes'>): AsyncGenerator<Buffer> {
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
