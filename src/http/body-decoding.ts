import { DomainError } from '../errors.ts';
import { codingOf, contentCodings, decodeContent } from '../lib/content-coding.ts';
import { preview } from '../lib/problems.ts';

/** Throws UNSUPPORTED_MEDIA_TYPE for a body in an unknown content coding, or in several. */
export const checkContentEncoding = (header: string | null | undefined): void => {
  const coding = codingOf(header);
  if (coding === null || contentCodings.includes(coding)) return;
  const accepted = contentCodings.join(', ');
  throw new DomainError(
    'UNSUPPORTED_MEDIA_TYPE',
    `the body may have the content-encoding ${accepted} or none, not ${preview(header)}`,
    { details: { acceptEncoding: accepted } },
  );
};

/**
 * The decompressed bytes of a body. Throws TOO_LARGE when there are more than `bytesMax`, BAD_REQUEST when they are damaged
 * or truncated; an error of `chunks` is thrown as it is.
 */
export async function* decodeBody(
  chunks: AsyncIterable<Uint8Array>,
  header: string,
  bytesMax: number,
): AsyncGenerator<Uint8Array> {
  let readError: unknown;
  async function* received(): AsyncGenerator<Uint8Array> {
    try {
      // Not `yield*`, which passes on that the reader has failed: the request would be destroyed, and its connection with it.
      for await (const chunk of chunks) yield chunk;
    } catch (error) {
      readError = error;
      throw error;
    }
  }
  checkContentEncoding(header);
  let bytes = 0;
  try {
    for await (const chunk of decodeContent(received(), header) ?? []) {
      bytes += chunk.byteLength;
      if (bytes > bytesMax)
        throw new DomainError(
          'TOO_LARGE',
          `the body is over ${bytesMax} bytes after decompression (setting decodedBodyBytesMax)`,
        );
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    if (readError !== undefined) throw readError;
    throw new DomainError('BAD_REQUEST', `the body is not complete, valid ${codingOf(header)} data`, { cause: error });
  }
}
