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

/**
 * An upload in parts whose body is decompressed, and fails when it grows too large or has too many parts. Throws TOO_LARGE for
 * one that says it is.
 */
export const limitBody = (
  request: Request,
  { uploadBytesMax, uploadPartsMax, decodedBodyBytesMax }: Config,
): LimitedBody => {
  const tooLarge = () =>
    new DomainError('TOO_LARGE', `the body is over ${uploadBytesMax} bytes (setting uploadBytesMax)`);
  const length = request.headers.get('content-length');
  const coding = codingOf(request.headers.get('content-encoding'));
  if (Number(length ?? 0) > uploadBytesMax) throw tooLarge();
  if (request.body === null) return { request, fault: () => undefined };
  const sent = request.body as unknown as AsyncIterable<Uint8Array>;
  const boundaries = new BoundaryCounter(request.headers.get('content-type') ?? '');
  let fault: DomainError | undefined;
  async function* limited(): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of coding === null ? sent : decodeBody(sent, coding, decodedBodyBytesMax)) {
        bytes += chunk.byteLength;
        if (bytes > uploadBytesMax) throw tooLarge();
        boundaries.add(chunk);
        // The last one ends the body.
        if (boundaries.count > uploadPartsMax + 1) throw tooManyParts(uploadPartsMax);
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

const tooManyParts = (uploadPartsMax: number): DomainError =>
  new DomainError('LIMIT_EXCEEDED', `the body has more than ${uploadPartsMax} parts (setting uploadPartsMax)`);

/** Counts the boundaries between the parts of a body: a parser makes an object of each, all in one go. */
class BoundaryCounter {
  count = 0;
  readonly #boundary: Buffer;
  /** The end of the last chunk, shorter than a boundary. */
  #rest: Buffer = Buffer.alloc(0);

  constructor(contentType: string) {
    const [, quoted, plain] = /boundary=(?:"([^"]*)"|([^;\s]*))/i.exec(contentType) ?? [];
    this.#boundary = Buffer.from(`--${quoted ?? plain ?? ''}`);
  }

  add(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const shorter = this.#boundary.length - 1;
    this.#countIn(Buffer.concat([this.#rest, bytes.subarray(0, shorter)]));
    this.#countIn(bytes);
    const end = bytes.length < shorter ? Buffer.concat([this.#rest, bytes]) : bytes;
    this.#rest = Buffer.from(end.subarray(Math.max(0, end.length - shorter)));
  }

  #countIn(bytes: Buffer): void {
    const { length } = this.#boundary;
    for (let at = bytes.indexOf(this.#boundary); at >= 0; at = bytes.indexOf(this.#boundary, at + length)) this.count++;
  }
}
