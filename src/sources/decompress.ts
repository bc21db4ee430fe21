import { createBrotliDecompress, createGunzip, createInflate, createInflateRaw } from 'node:zlib';
import { chunkSize, pipeThrough } from './inflate.ts';
import { unzipped } from './zip-entry.ts';

type Chunks = AsyncIterable<Uint8Array>;

/** Content codings of HTTP (RFC 9110, 8.4.1) that are read, as `Accept-Encoding` names them. */
export const contentCodings = ['gzip', 'deflate', 'br'] as const;

/**
 * The body of an answer as it was before `coding`, the value of its `Content-Encoding`. Undefined when that is not one
 * of `contentCodings`; a damaged body makes it throw zlib's error.
 */
export const decodeContent = (chunks: Chunks, coding: string): Chunks | undefined => {
  const name = coding.trim().toLowerCase();
  if (name === '' || name === 'identity') return chunks;
  if (name === 'gzip' || name === 'x-gzip') return pipeThrough(chunks, createGunzip({ chunkSize }));
  if (name === 'br') return pipeThrough(chunks, createBrotliDecompress({ chunkSize }));
  return name === 'deflate' ? inflateDeflate(chunks) : undefined;
};

/**
 * The content of a file that may be packed: gzip and zip archives of one file are unpacked as they come, known by how
 * they begin; anything else passes as it is. Throws NOT_A_TABLE for other archives, zlib's error for damaged ones.
 */
export async function* unpack(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, 4);
  if (head.length >= 3 && head[0] === 0x1f && head[1] === 0x8b && head[2] === 8)
    yield* pipeThrough(all, createGunzip({ chunkSize }));
  else if (head.equals(Buffer.from('PK\x03\x04', 'latin1'))) yield* unzipped(all);
  else yield* all;
}

/** Some servers write `deflate` without the wrapper that RFC 9110 asks for. */
async function* inflateDeflate(chunks: Chunks): AsyncGenerator<Uint8Array> {
  const { head, all } = await peek(chunks, 2);
  const isWrapped = head.length === 2 && (head.readUInt8(0) & 15) === 8 && head.readUInt16BE(0) % 31 === 0;
  yield* pipeThrough(all, isWrapped ? createInflate({ chunkSize }) : createInflateRaw({ chunkSize }));
}

/** The first bytes, fewer when there are not as many, and everything with them. */
const peek = async (chunks: Chunks, length: number): Promise<{ readonly head: Buffer; readonly all: Chunks }> => {
  const parts = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  while (held.length < length) {
    const next = await parts.next();
    if (next.done) break;
    held = Buffer.concat([held, next.value]);
  }
  const first = held;
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
