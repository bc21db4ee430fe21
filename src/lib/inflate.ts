import { pipeline, Readable, type Transform } from 'node:stream';

/** Output bytes per chunk: the default of zlib, 16 kB, needs four times as many steps. */
export const chunkSize = 65_536;

/** The output of a transform. It inflates nothing ahead of the reader, and destroys the streams when the reader stops early. */
export async function* pipeThrough(chunks: AsyncIterable<Uint8Array>, inflater: Transform): AsyncGenerator<Uint8Array> {
  pipeline(Readable.from(chunks, { objectMode: false }), inflater, () => {
    // The reader of the output receives the error.
  });
  yield* inflater as AsyncIterable<Uint8Array>;
}
