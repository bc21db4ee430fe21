import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { chunkSize, pipeThrough } from './inflate.ts';

type Chunks = AsyncIterable<Uint8Array>;

/** Zstandard (RFC 8878) is part of Node since 22.15. */
const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: { chunkSize: number }) => Transform };

/** The supported content codings of HTTP (RFC 9110, 8.4.1), as `Accept-Encoding` names them. */
export const contentCodings: readonly string[] = [
  ...['gzip', 'deflate', 'br'],
  ...(createZstdDecompress ? ['zstd'] : []),
];

/** The name of the coding in a `Content-Encoding`; null for none and for `identity`. */
export const codingOf = (header: string | null | undefined): string | null => {
  const name = header?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return null;
  return name === 'x-gzip' ? 'gzip' : name;
};

/**
 * Decodes a body by `coding`, the value of its `Content-Encoding`. Undefined when `coding` is not supported; reading a
 * damaged body throws the error of zlib.
 */
export const decodeContent = (chunks: Chunks, coding: string): Chunks | undefined => {
  const name = codingOf(coding);
  if (name === null) return chunks;
  if (name === 'gzip') return pipeThrough(chunks, zlib.createGunzip({ chunkSize }));
  if (name === 'br') return pipeThrough(chunks, zlib.createBrotliDecompress({ chunkSize }));
  if (name === 'zstd' && createZstdDecompress) return pipeThrough(chunks, createZstdDecompress({ chunkSize }));
  return name === 'deflate' ? inflateDeflate(chunks) : undefined;
};

/** Some programs send `deflate` without the zlib header that RFC 9110 requires. */
async function* inflateDeflate(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, 2);
  const hasZlibHeader = head.length === 2 && (head.readUInt8(0) & 15) === 8 && head.readUInt16BE(0) % 31 === 0;
  yield* pipeThrough(all, hasZlibHeader ? zlib.createInflate({ chunkSize }) : zlib.createInflateRaw({ chunkSize }));
}

/** The first bytes, or fewer in a shorter stream, and a stream of all bytes including them. */
export const peek = async (
  chunks: Chunks,
  length: number,
): Promise<{ readonly head: Buffer; readonly all: Chunks }> => {
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
