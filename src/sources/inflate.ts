import { pipeline, Readable, type Transform } from 'node:stream';

/** Bytes that come out at a time: zlib's own 16 kB make four times as many steps. */
export const chunkSize = 65_536;

/** What comes out at the other end. Nothing is inflated ahead of who reads it; what is not read to its end is torn down. */
export async function* pipeThrough(chunks: AsyncIterable<Uint8Array>, inflater: Transform): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(chunks, { objectMode: false }), inflater, () => {
    // Whoever reads the end of it is told.
  });
  yield* inflater as AsyncIterable<Uint8Array>;
}
