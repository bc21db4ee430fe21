import { createGunzip } from 'node:zlib';
import { peek } from '../lib/content-coding.ts';
import { chunkSize, pipeThrough } from '../lib/inflate.ts';
import { unzipped } from './zip-entry.ts';

/**
 * Decompresses gzip files and zip archives of one file while they are read, recognized by their first bytes; other content
 * passes unchanged. Throws NOT_A_TABLE for other archives, and the error of zlib for damaged ones.
 */
export async function* unpack(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, 4);
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8)
    yield* pipeThrough(all, createGunzip({ chunkSize }));
  else if (head.equals(Buffer.from('PK\x03\x04', 'latin1'))) yield* unzipped(all);
  else yield* all;
}
