import type { IncomingMessage, OutgoingHttpHeader, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import { parseAccept } from 'hono/utils/accept';

type Coding = 'br' | 'gzip';
type Encoder = ReturnType<typeof createGzip> | ReturnType<typeof createBrotliCompress>;

const compressible =
  /^(text\/|multipart\/mixed|image\/svg\+xml|application\/(json|xml|javascript|sql|x-ndjson|[\w.+-]+\+json)(;|$))/i;

/**
 * Compresses a response as its client accepts it, whoever writes it: call it before anything is written. Responses whose
 * length is known to be below `bytesMin` stay as they are, like those of types that do not shrink and those that are
 * encoded already. Each write of a stream is flushed, so that an event or a line reaches the client when it is written.
 * `no-transform` does not count: it is for proxies (RFC 9110, 7.7).
 */
export const compressResponse = (incoming: IncomingMessage, outgoing: ServerResponse, bytesMin: number): void => {
  const accepted = incoming.headers['accept-encoding'];
  if (typeof accepted !== 'string') return;
  const writeHead = outgoing.writeHead.bind(outgoing) as (
    status: number,
    ...rest: readonly unknown[]
  ) => ServerResponse;
  const plain: BodyWriter = { write: outgoing.write.bind(outgoing), end: outgoing.end.bind(outgoing) };
  let writer = plain;
  const beginBody = (): void => {
    if (!outgoing.headersSent) outgoing.writeHead(outgoing.statusCode);
  };
  outgoing.writeHead = (status: number, ...rest: readonly unknown[]) => {
    const headers = rest.at(-1);
    // Most responses: the rest of this costs a tenth of a whole request.
    if (status !== 304 && lengthIn(headers) < bytesMin) return writeHead(status, ...rest);
    if (typeof rest[0] === 'string') outgoing.statusMessage = rest[0];
    setHeaders(outgoing, headers);
    const coding = codingOf(incoming, outgoing, { status, accepted, bytesMin });
    if (coding !== null) writer = encodingWriter(outgoing, plain, coding);
    return writeHead(status);
  };
  outgoing.write = ((...part: Parameters<BodyWriter['write']>) => {
    beginBody();
    return writer.write(...part);
  }) as ServerResponse['write'];
  outgoing.end = ((...part: Parameters<BodyWriter['end']>) => {
    const [content] = part;
    if (!outgoing.headersSent && (typeof content === 'string' || content instanceof Uint8Array))
      outgoing.setHeader('content-length', Buffer.byteLength(content));
    beginBody();
    writer.end(...part);
    return outgoing;
  }) as ServerResponse['end'];
};

/** The writing methods of a response; further arguments are an encoding and a callback, as node:stream has them. */
interface BodyWriter {
  write(part: unknown, ...rest: readonly unknown[]): boolean;
  end(...part: readonly unknown[]): unknown;
}

/** Those that a client accepts, the preferred one first; brotli wins over gzip where the client does not care. */
const acceptedCodings = (header: string): Coding[] => {
  const weights = new Map(parseAccept(header).map(({ type, q }) => [type.toLowerCase(), q]));
  const weightOf = (coding: Coding): number => weights.get(coding) ?? weights.get('*') ?? 0;
  const best = (['br', 'gzip'] as const).filter((coding) => weightOf(coding) > 0);
  return best.sort((a, b) => weightOf(b) - weightOf(a));
};

/** The length that headers of `writeHead` state; infinite when they do not. */
const lengthIn = (headers: unknown): number => {
  if (typeof headers !== 'object' || headers === null) return Number.POSITIVE_INFINITY;
  if (Array.isArray(headers)) return lengthInList(headers);
  const { 'content-length': lower, 'Content-Length': upper } = headers as OutgoingHttpHeaders;
  return Number(lower ?? upper ?? Number.POSITIVE_INFINITY);
};

/** Of a list of names and values; where node:http finds a name more than once, it sends each. */
const lengthInList = (list: readonly unknown[]): number => {
  for (let index = list.length - 2; index >= 0; index -= 2)
    if (String(list[index]).toLowerCase() === 'content-length') return Number(list[index + 1]);
  return Number.POSITIVE_INFINITY;
};

/** The headers of `writeHead`: an object, or a list of names and values. */
const setHeaders = (outgoing: ServerResponse, headers: unknown): void => {
  if (typeof headers !== 'object' || headers === null) return;
  if (Array.isArray(headers))
    for (let index = 0; index < headers.length; index += 2) outgoing.appendHeader(headers[index], headers[index + 1]);
  else
    for (const [name, value] of Object.entries(headers as OutgoingHttpHeaders))
      if (value !== undefined) outgoing.setHeader(name, value as OutgoingHttpHeader);
};

const isEventStream = (outgoing: ServerResponse): boolean =>
  /^text\/event-stream/i.test(String(outgoing.getHeader('content-type')));

interface Choice {
  readonly status: number;
  /** The header `Accept-Encoding`. */
  readonly accepted: string;
  readonly bytesMin: number;
}

/** How the body will be encoded; null to leave it as it is. Sets the headers that depend on it. */
const codingOf = (
  { method }: IncomingMessage,
  outgoing: ServerResponse,
  { status, accepted, bytesMin }: Choice,
): Coding | null => {
  const header = (name: string): string => String(outgoing.getHeader(name) ?? '');
  if (header('content-encoding') !== '') return null;
  // A response without a body has no type, but stands for one that may be compressed (RFC 9110, 15.4.5).
  if (status === 304) addVary(outgoing);
  if (status < 200 || [204, 205, 206, 304].includes(status)) return null;
  if (!compressible.test(header('content-type'))) return null;
  addVary(outgoing);
  const length = outgoing.getHeader('content-length');
  if (method === 'HEAD' || (length !== undefined && Number(length) < bytesMin)) return null;
  const codings = acceptedCodings(accepted);
  // Event streams are many and stay open: brotli would hold megabytes for each of them.
  const coding = isEventStream(outgoing) ? codings.find((each) => each === 'gzip') : codings[0];
  if (coding === undefined) return null;
  outgoing.setHeader('content-encoding', coding);
  outgoing.removeHeader('content-length');
  // A strong ETag identifies bytes, and these differ by coding.
  const etag = header('etag');
  if (etag.startsWith('"')) outgoing.setHeader('etag', `W/${etag}`);
  return coding;
};

const addVary = (outgoing: ServerResponse): void => {
  const vary = [outgoing.getHeader('vary') ?? []].flat().join(', ');
  if (!/\baccept-encoding\b|\*/i.test(vary))
    outgoing.setHeader('vary', vary === '' ? 'accept-encoding' : `${vary}, accept-encoding`);
};

/** Fast levels: answers differ each time, so that each is compressed once for one client. */
const encoderOf = (coding: Coding, isSmall: boolean): Encoder =>
  coding === 'br'
    ? createBrotliCompress({
        params: { [constants.BROTLI_PARAM_QUALITY]: 4, [constants.BROTLI_PARAM_LGWIN]: 18 },
      })
    : createGzip(isSmall ? { windowBits: 12, memLevel: 5 } : { level: 4 });

const flushOf = { br: constants.BROTLI_OPERATION_FLUSH, gzip: constants.Z_SYNC_FLUSH } as const;

/** Passes what is written through an encoder. `write` returns, and `drain` is emitted, as for a response without one. */
const encodingWriter = (outgoing: ServerResponse, plain: BodyWriter, coding: Coding): BodyWriter => {
  const encoder = encoderOf(coding, isEventStream(outgoing));
  encoder.on('data', (part: Uint8Array) => {
    if (!plain.write(part)) encoder.pause();
  });
  encoder.on('end', () => plain.end());
  encoder.on('error', (error) => outgoing.destroy(error));
  encoder.on('drain', () => outgoing.emit('drain'));
  outgoing.on('drain', () => {
    if (!outgoing.writableNeedDrain) encoder.resume();
  });
  // A client that leaves must not leave the memory of its encoder behind.
  outgoing.once('close', () => encoder.destroy());
  return {
    write(...part) {
      if (encoder.destroyed) return false;
      const hasRoom = (encoder as BodyWriter).write(...part);
      encoder.flush(flushOf[coding]);
      return hasRoom;
    },
    end: (...part) => encoder.destroyed || (encoder as BodyWriter).end(...part),
  };
};
