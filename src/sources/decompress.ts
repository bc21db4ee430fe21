import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { chunkSize, pipeThrough } from './inflate.ts';
import { unzipped } from './zip-entry.ts';

type Chunks = AsyncIterable<Uint8Array>;

/** The supported content codings of HTTP (RFC 9110, 8.4.1), as `Accept-Encoding` names them. */
export const contentCodings = ['gzip', 'deflate', 'br'] as const;

/**
 * Decodes a response body by `coding`, the value of its `Content-Encoding`. Undefined when `coding` is not supported;
 * reading a damaged body throws the error of zlib.
 */
export const decodeContent = (chunks: Chunks, coding: string): Chunks | undefined => {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') return chunks;
  if (name === 'gzip' || name === 'x-gzip') return pipeThrough(chunks, createGunzip({ chunkSize }));
  if (name === 'br') return pipeThrough(chunks, createBrotliDecompress({ chunkSize }));
  return name === 'deflate' ? inflateDeflate(chunks) : undefined;
};

/**
 * Decompresses gzip files and zip archives of one file while they are read, recognized by their first bytes; other content
 * passes unchanged. Throws NOT_A_TABLE for other archives, and the error of zlib for damaged ones.
 */
export async function* unpack(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, 4);
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8)
    yield* pipeThrough(all, createGunzip({ chunkSize }));
  else if (head.equals(Buffer.from('PK\x03\x04', 'latin1'))) yield* unzipped(all);
  else yield* all;
}

/** Some servers send `deflate` without the zlib header that RFC 9110 requires. */
async function* inflateDeflate(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, 2);
  const hasZlibHeader = head.length === 2 && (head.readUInt8(0) & 15) === 8 && head.readUInt16BE(0) % 31 === 0;
  yield* pipeThrough(all, hasZlibHeader ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize }));
}

/** The first bytes, or fewer in a shorter stream, and a stream of all bytes including them. */
const peek = async (chunks: Chunks, length: number): Promise<{ readonly head: Buffer; readonly all: Chunks }> => {
  const parts = chunks[Symbol.asyncIterator]();
  let buffered: Buffer = Buffer.alloc(0);
  while (buffered.length < length) {
    const next = await parts.next();
    if (next.done) break;
    buffered = Buffer.concat([buffered, next.value]);
  }
  const first = buffered;
  return {
    head: first.subarray(0, length),
    all: (async function* () {
      try {
        if (first.length > 0) yield first;
        for (let next = await parts.next(); !next.done; next = await parts.next()) yield next.value;
      } finally {
        await parts.return?.();
      }
    })(),
  };
};
