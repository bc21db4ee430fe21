import { Readable } from 'node:stream';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { codingOf } from '../lib/content-coding.ts';
import { decodeBody } from './body-decoding.ts';

export interface LimitedBody {
  readonly request: Request;
  /** Why the body could not be read to its end. */
  fault(): DomainError | undefined;
}

/** An upload whose body is decompressed, and fails when it grows too large. Throws TOO_LARGE for one that says it is. */
export const limitBody = (request: Request, { uploadBytesMax, decodedBodyBytesMax }: Config): LimitedBody => {
  const tooLarge = () =>
    new DomainError('TOO_LARGE', `the body is over ${uploadBytesMax} bytes (setting uploadBytesMax)`);
  const length = request.headers.get('content-length');
  const coding = codingOf(request.headers.get('content-encoding'));
  if (Number(length ?? 0) > uploadBytesMax) throw tooLarge();
  if (request.body === null || (length !== null && coding === null)) return { request, fault: () => undefined };
  const sent = request.body as unknown as AsyncIterable<Uint8Array>;
  let fault: DomainError | undefined;
  async function* limited(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of coding === null ? sent : decodeBody(sent, coding, decodedBodyBytesMax)) {
        bytes += chunk.byteLength;
        if (bytes > uploadBytesMax) throw tooLarge();
        yield chunk;
      }
    } catch (error) {
      if (error instanceof DomainError) fault = error;
      throw error;
    }
  }
  const headers = new Headers(request.headers);
  headers.delete('content-encoding');
  headers.delete('content-length');
  const body = Readable.toWeb(Readable.from(limited(), { objectMode: false }));
  return { request: new Request(request, { headers, body, duplex: 'half' } as RequestInit), fault: () => fault };
};
