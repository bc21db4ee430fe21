import { isUtf8 } from 'node:buffer';
import { DomainError } from '../errors.ts';

/** What a client sent along; it may be read once. */
export interface RequestBody {
  /** In lower case and without parameters; empty when the client named none. */
  readonly mediaType: string;
  /** The bytes as they come. Throws TOO_LARGE when they come to more than the route takes, BAD_REQUEST when they end too early. */
  chunks(): AsyncIterable<Uint8Array>;
  /** All bytes. Throws as `chunks` does. */
  bytes(): Promise<Buffer>;
  /** All of it as text. Throws as `chunks` does, and BAD_REQUEST when it is not UTF-8. */
  text(): Promise<string>;
}

/** A body as it comes from the network. */
export interface SentBody {
  readonly contentType: string | undefined;
  /** In bytes, as announced. */
  readonly contentLength: string | undefined;
  readonly chunks: () => AsyncIterable<Uint8Array> | null;
  /** All bytes at less cost than by `chunks`, where there is a way. Throws what `tooLarge` makes. */
  readonly whole?: (bytesMax: number, tooLarge: () => Error) => Promise<Buffer>;
}

/**
 * The body of a request, of at most `bytesMax` bytes, which is the setting `bodyBytesMax`. Before each of its chunks
 * `refusal` may say why no more is to be read.
 */
export const createRequestBody = (
  sent: SentBody,
  bytesMax: number,
  refusal: () => DomainError | false | undefined = () => undefined,
): RequestBody => {
  const tooLarge = () => new DomainError('TOO_LARGE', `the body is over ${bytesMax} bytes (setting bodyBytesMax)`);
  const refuseAnnounced = (): void => {
    if (sent.contentLength !== undefined && Number(sent.contentLength) > bytesMax) throw tooLarge();
  };
  const chunks = async function* (): AsyncGenerator<Uint8Array> {
    refuseAnnounced();
    let count = 0;
    try {
      for await (const chunk of sent.chunks() ?? []) {
        count += chunk.byteLength;
        if (count > bytesMax) throw tooLarge();
        const refused = refusal();
        if (refused) throw refused;
        yield chunk;
      }
    } catch (error) {
      throw asFault(error);
    }
  };
  const bytes = async (): Promise<Buffer> => {
    refuseAnnounced();
    if (sent.whole) return sent.whole(bytesMax, tooLarge).catch((error) => Promise.reject(asFault(error)));
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks()) parts.push(chunk);
    return Buffer.concat(parts);
  };
  return {
    mediaType: mediaTypeOf(sent.contentType),
    chunks,
    bytes,
    async text() {
      const all = await bytes();
      if (!isUtf8(all)) throw new DomainError('BAD_REQUEST', 'the body is not valid UTF-8');
      return all.toString('utf8');
    },
  };
};

/** A client that leaves in the middle is no bug. */
const asFault = (error: unknown): DomainError =>
  error instanceof DomainError
    ? error
    : new DomainError('BAD_REQUEST', 'the request ended before all of its body had come', { cause: error });

/** The type of a Content-Type header alone, in lower case (RFC 9110, section 8.3.1). */
const mediaTypeOf = (header = ''): string => {
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
};
