import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '../errors.ts';
import { codingOf } from '../lib/content-coding.ts';
import { parseExactJson } from '../lib/exact-json.ts';
import { decodeBody } from './body-decoding.ts';
import { checkJsonSize, type InputLimits } from './limited-json.ts';

/** A request, whether node:http or the Fetch standard carries it. */
export interface HttpRequest {
  /** The id that the response header `x-request-id`, the log and internal errors contain. */
  readonly id: string;
  readonly method: string;
  readonly pathname: string;
  /** Empty, or with its question mark. */
  readonly search: string;
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  /** A header by its name in lower case; usable without the request it belongs to. */
  readonly header: (name: string) => string | undefined;
  /** The bytes of the body as they arrive; they can be read once. */
  chunks(): AsyncIterable<Uint8Array>;
  /** All bytes of the body. Rejects with TOO_LARGE when there are more than `bytesMax`, BAD_REQUEST when it ends too early. */
  bytes(bytesMax: number): Promise<Buffer>;
  /** Calls `listener` when the client has disconnected before its answer was complete; perhaps also after that. */
  onLeave(listener: () => void): void;
}

/** Parts of the address of a request, as its first line has them. */
export type Address = Pick<HttpRequest, 'pathname' | 'search'>;

/** What node:http passes with a request. */
interface Exchange {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

/** A request of node:http. It costs a fraction of what the objects of the Fetch standard cost. */
export class NodeRequest implements HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly pathname: string;
  readonly search: string;
  readonly origin: string;
  readonly header: HttpRequest['header'];
  readonly #incoming: IncomingMessage;
  readonly #outgoing: ServerResponse;

  constructor({ incoming, outgoing }: Exchange, id: string, { pathname, search }: Address) {
    const { headers } = incoming;
    this.#incoming = incoming;
    this.#outgoing = outgoing;
    this.id = id;
    this.method = incoming.method ?? '';
    this.pathname = pathname;
    this.search = search;
    this.origin = `http://${headers.host ?? ''}`;
    this.header = (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    };
  }

  chunks(): AsyncIterable<Uint8Array> {
    // A reader that stops early must not end the connection: the client would not get the reason.
    return this.#incoming.iterator({ destroyOnReturn: false });
  }

  /** Uses events, because iterating over a request costs more than storing the record in it. */
  bytes(bytesMax: number): Promise<Buffer> {
    const incoming = this.#incoming;
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      const stop = (error: unknown): void => {
        incoming.off('data', add).off('end', end);
        reject(readErrorOf(error));
      };
      const add = (part: Buffer): void => {
        bytes += part.length;
        if (bytes > bytesMax) stop(tooLarge(bytesMax));
        else parts.push(part);
      };
      const end = (): void => resolve(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts));
      incoming.on('data', add).on('end', end).on('error', stop);
    });
  }

  onLeave(listener: () => void): void {
    if (this.#outgoing.closed) listener();
    else this.#outgoing.once('close', listener);
  }
}

/** A request of the Fetch standard. */
export class FetchRequest implements HttpRequest {
  readonly id: string;
  readonly method: string;
  readonly pathname: string;
  readonly search: string;
  readonly origin: string;
  readonly header: HttpRequest['header'];
  readonly #request: Request;

  constructor(request: Request, id: string) {
    const { pathname, search, origin } = new URL(request.url);
    this.#request = request;
    this.id = id;
    this.method = request.method;
    this.pathname = pathname;
    this.search = search;
    this.origin = origin;
    this.header = (name) => request.headers.get(name) ?? undefined;
  }

  async *chunks(): AsyncGenerator<Uint8Array> {
    // As above.
    if (this.#request.body) yield* this.#request.body.values({ preventCancel: true });
  }

  async bytes(bytesMax: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    try {
      for await (const chunk of this.chunks()) {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        parts.push(chunk);
      }
    } catch (error) {
      throw readErrorOf(error);
    }
    return Buffer.concat(parts);
  }

  onLeave(listener: () => void): void {
    const { signal } = this.#request;
    if (signal.aborted) listener();
    else signal.addEventListener('abort', listener, { once: true });
  }
}

export interface BodyLimits {
  /** The setting `bodyBytesMax`, or infinite for a stream. */
  readonly bytesMax: number;
  /** The setting `decodedBodyBytesMax`, for compressed bodies. */
  readonly decodedBytesMax: number;
  /** Of JSON that is the whole body. */
  readonly input: InputLimits & { readonly inputBytesMax: number };
}

/** Called before each chunk of a stream: an error if no more of the body may be read. */
type Refusal = () => DomainError | undefined;

/** The body of a request, decompressed and within its limits; it can be read once. */
export class RequestBody {
  readonly #request: HttpRequest;
  readonly #limits: BodyLimits;
  readonly #refusal: Refusal;
  /** Null for a body that is not compressed. */
  readonly #coding: string | null;

  constructor(request: HttpRequest, limits: BodyLimits, refusal: Refusal) {
    this.#request = request;
    this.#limits = limits;
    this.#refusal = refusal;
    this.#coding = codingOf(request.header('content-encoding'));
  }

  /** In lower case and without parameters; empty when the client named none. */
  get mediaType(): string {
    return mediaTypeOf(this.#request.header('content-type'));
  }

  get isCompressed(): boolean {
    return this.#coding !== null;
  }

  /** The bytes as they arrive. Throws TOO_LARGE above a limit, BAD_REQUEST when the body is damaged or ends too early. */
  async *chunks(bytesMax = this.#limits.bytesMax): AsyncGenerator<Uint8Array> {
    this.#checkAnnounced(bytesMax);
    let bytes = 0;
    try {
      for await (const chunk of this.#decodedChunks()) {
        bytes += chunk.byteLength;
        if (bytes > bytesMax) throw tooLarge(bytesMax);
        const refused = this.#refusal();
        if (refused) throw refused;
        yield chunk;
      }
    } catch (error) {
      throw readErrorOf(error);
    }
  }

  /** All bytes, at most `bytesMax` of a stream. Throws as `chunks` does. */
  bytes(bytesMax = this.#limits.bytesMax): Promise<Buffer> {
    this.#checkAnnounced(bytesMax);
    return this.isCompressed ? this.#decodedBytes(bytesMax) : this.#request.bytes(bytesMax);
  }

  async #decodedBytes(bytesMax: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    for await (const part of this.chunks(bytesMax)) parts.push(part);
    return Buffer.concat(parts);
  }

  /** All of it as text. Throws as `chunks` does, and BAD_REQUEST when it is not UTF-8. */
  async text(): Promise<string> {
    return textOf(await this.bytes());
  }

  /** Parses JSON that is in the body. Throws SyntaxError, and TOO_LARGE or LIMIT_EXCEEDED before it is parsed. */
  parseJson(text: string): unknown {
    const { inputBytesMax } = this.#limits.input;
    if (text.length > inputBytesMax)
      throw new DomainError('TOO_LARGE', `the body is JSON of over ${inputBytesMax} bytes (setting inputBytesMax)`);
    checkJsonSize('the body', text, this.#limits.input);
    return parseExactJson(text);
  }

  #decodedChunks(): AsyncIterable<Uint8Array> {
    const chunks = this.#request.chunks();
    return this.#coding === null ? chunks : decodeBody(chunks, this.#coding, this.#limits.decodedBytesMax);
  }

  #checkAnnounced(bytesMax: number): void {
    const announced = this.#request.header('content-length');
    if (announced !== undefined && Number(announced) > bytesMax) throw tooLarge(bytesMax);
  }
}

/** The text of a whole body. Throws BAD_REQUEST when it is not UTF-8. */
export const textOf = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new DomainError('BAD_REQUEST', 'the body is not valid UTF-8');
  return bytes.toString('utf8');
};

const tooLarge = (bytesMax: number): DomainError =>
  new DomainError('TOO_LARGE', `the body is over ${bytesMax} bytes (setting bodyBytesMax)`);

/** A client that disconnects in the middle of its body is not a bug of the server. */
const readErrorOf = (error: unknown): DomainError =>
  error instanceof DomainError
    ? error
    : new DomainError('BAD_REQUEST', 'the request ended before its whole body had arrived', { cause: error });

/** The media type of a Content-Type header without parameters, in lower case (RFC 9110, section 8.3.1). */
export const mediaTypeOf = (header = ''): string => {
  const end = header.indexOf(';');
  return (end < 0 ? header : header.slice(0, end)).trim().toLowerCase();
};
