import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Busboy } from '@fastify/busboy';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { codingOf } from '../lib/content-coding.ts';
import { decodeBody } from './body-decoding.ts';

/**
 * The parts of an upload, decompressed and read as they arrive: to divide twenty megabytes when all of them are there would hold
 * up other requests. Throws TOO_LARGE or LIMIT_EXCEEDED when it is too large or has too many parts, BAD_REQUEST when it is
 * damaged or ends early.
 */
export const readParts = async (request: Request, config: Config): Promise<FormData> => {
  const contentType = request.headers.get('content-type') ?? '';
  const parts = new FormData();
  try {
    await pipeline(limited(request, contentType, config), parserInto(parts, contentType, config));
    return parts;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new DomainError('BAD_REQUEST', 'the body is not complete, valid multipart/form-data', { cause: error });
  }
};

async function* limited(
  { headers, body }: Request,
  contentType: string,
  { uploadBytesMax, uploadPartsMax, decodedBodyBytesMax }: Config,
): AsyncGenerator<Uint8Array> {
  const tooLarge = () =>
    new DomainError('TOO_LARGE', `the body is over ${uploadBytesMax} bytes (setting uploadBytesMax)`);
  if (Number(headers.get('content-length') ?? 0) > uploadBytesMax) throw tooLarge();
  if (body === null) return;
  const sent = body as unknown as AsyncIterable<Uint8Array>;
  const coding = codingOf(headers.get('content-encoding'));
  const boundaries = new BoundaryCounter(contentType);
  let bytes = 0;
  for await (const chunk of coding === null ? sent : decodeBody(sent, coding, decodedBodyBytesMax)) {
    bytes += chunk.byteLength;
    if (bytes > uploadBytesMax) throw tooLarge();
    boundaries.add(chunk);
    // The last one ends the body.
    if (boundaries.count > uploadPartsMax + 1) throw tooManyParts(uploadPartsMax);
    yield chunk;
  }
}

type FilePart = [
  name: string | undefined,
  stream: Readable,
  filename: string | undefined,
  encoding: string,
  type: string,
];

/** Adds the parts of the body that is written to it. Throws for a type without a boundary. */
const parserInto = (parts: FormData, contentType: string, { queryBytesMax, inputBytesMax }: Config): Writable => {
  const fieldSize = queryBytesMax + inputBytesMax;
  const parser = new Busboy({ headers: { 'content-type': contentType }, preservePath: true, limits: { fieldSize } });
  parser.on('field', (name: string | undefined, value, _isNameCut, isCut) => {
    if (isCut)
      parser.destroy(
        new DomainError('TOO_LARGE', `a part that is no file is over ${fieldSize} bytes (setting inputBytesMax)`),
      );
    if (name !== undefined) parts.append(name, value);
  });
  parser.on('file', (...[name, stream, filename, , type]: FilePart) => {
    // A file of blobs shares their memory; of plain chunks it would copy all of them at its end.
    const blobs: Blob[] = [];
    stream.on('data', (chunk: Buffer<ArrayBuffer>) => blobs.push(new Blob([chunk])));
    stream.on('end', () => name !== undefined && parts.append(name, new File(blobs, filename ?? 'blob', { type })));
    // The parser reports the end of the body in the middle of a file as its own error too.
    stream.on('error', () => undefined);
  });
  return parser;
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
