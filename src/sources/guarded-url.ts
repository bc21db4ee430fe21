import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '../errors.ts';
import { contentCodings, decodeContent } from '../lib/content-coding.ts';
import type { HostPort } from '../lib/host-port.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { unpack } from './decompress.ts';
import { connectTo, type Network, systemNetwork } from './link-connection.ts';
import { sendOver } from './link-request.ts';
import { parseLink, resolveRedirect } from './link-rules.ts';

/** The settings of the same names, all of them limits. */
export interface LinkLimits {
  /** Maximum size of the response body, and of its decompressed content. */
  readonly linkBytesMax: number;
  /** Maximum time between two chunks of the response. */
  readonly linkIdleMs: number;
  /** Maximum total time, including the time that the caller takes to read. */
  readonly linkTotalMs: number;
  readonly linkRedirectsMax: number;
}

/** What identifies the content of a response, for conditional requests (RFC 9110, section 13). */
export interface LinkValidators {
  readonly etag: string | null;
  readonly lastModified: string | null;
}

export interface LinkOptions {
  /** Hosts that are allowed although their addresses are private. */
  readonly allow?: readonly HostPort[];
  /** Aborts the request; reading then throws its reason. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the request conditional: the server may answer that the file is still the one of these validators. */
  readonly validators?: LinkValidators | undefined;
  readonly network?: Network;
}

/** A file behind a link that is being downloaded. */
export interface OpenedLink {
  /** The decompressed content; it can be read once. The connection is closed at its end, or when the reader stops early. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The URL after redirects, without fragment. */
  readonly finalUrl: string;
  /** The server answered a conditional request by 304: there is no content. */
  readonly isNotModified: boolean;
  readonly validators: LinkValidators;
  /** The Content-Type header with its parameters; null when the server sends none. */
  readonly contentType: string | null;
  /** The Content-Length of the response, if the server sends one; the decompressed content may be larger. */
  readonly bytesTotal: number | null;
  /** Bytes of the response body received so far. */
  readonly bytesRead: number;
  /** Closes the connection. */
  close(): void;
}

const unreachable = (message: string, cause?: unknown): DomainError =>
  new DomainError('UNREACHABLE', message, { cause });
/** The same message for an unknown name, a closed port and a missing response: it reveals nothing of the network. */
const notReachable = (cause?: unknown): DomainError => unreachable('the link cannot be reached', cause);

/**
 * Requests a link by GET and follows redirects; every redirect must satisfy the rules of `parseLink` and `connectTo`.
 * Decodes content codings, gzip files and zip archives of one file. This function and reading the content throw BAD_REQUEST
 * for a text that is no link, ADDRESS_NOT_ALLOWED for a link that is not allowed, TOO_LARGE for a file over `linkBytesMax`
 * before or after decompression, UNREACHABLE for a response that is not 200, is truncated or takes too long, and
 * NOT_A_TABLE for an archive that cannot be read.
 */
export const openGuardedUrl = async (
  link: string,
  limits: LinkLimits,
  { allow = [], signal, validators, network = systemNetwork }: LinkOptions = {},
): Promise<OpenedLink> => {
  const { linkIdleMs: idleMs, linkTotalMs: totalMs, linkRedirectsMax } = limits;
  const totalError = () => unreachable(`the link took longer than ${totalMs} ms (setting linkTotalMs)`);
  const deadline = createDeadline({ idleMs, totalMs }, totalError, signal);
  const sockets = new Set<Socket>();
  const close = (): void => {
    deadline.end();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  deadline.signal.addEventListener('abort', close, { once: true });
  const onSocket = (socket: Socket): void => {
    socket.on('error', () => undefined);
    if (deadline.signal.aborted) socket.destroy();
    sockets.add(socket);
  };

  const get = async (url: URL): Promise<IncomingMessage> => {
    const socket = await deadline.race(connectTo(url, { allow, network, onSocket }), notReachable);
    return deadline.race(sendRequest(url, socket, conditionalHeaders(validators)), notReachable);
  };

  try {
    let url = parseLink(link, allow);
    for (let redirects = 0; ; redirects++) {
      const response = await get(url);
      const { statusCode = 0, headers } = response;
      const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
      if (!isRedirect) return readResponse(url, response, { limits, deadline, close, validators });
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      if (redirects === linkRedirectsMax)
        throw unreachable(`the link has more than ${linkRedirectsMax} redirects (setting linkRedirectsMax)`);
      url = resolveRedirect(headers.location ?? '', url, allow);
    }
  } catch (error) {
    close();
    throw linkError(error, deadline, notReachable);
  }
};

/** The reason of an abort passes unchanged. */
const linkError = (error: unknown, { signal }: Deadline, otherwise: (cause: unknown) => Error): unknown => {
  if (signal.aborted) return signal.reason;
  if (error instanceof DomainError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/CERT|TLS|SIGNED|ISSUER/.test(code))
    return unreachable(`the certificate of the server is invalid (${code})`, error);
  return otherwise(error);
};

type Headers = Readonly<Record<string, string>>;

const conditionalHeaders = ({ etag, lastModified }: LinkValidators = noValidators): Headers => ({
  ...(etag === null ? {} : { 'if-none-match': etag }),
  ...(lastModified === null ? {} : { 'if-modified-since': lastModified }),
});

const noValidators: LinkValidators = { etag: null, lastModified: null };

const sendRequest = (url: URL, socket: Socket, conditional: Headers): Promise<IncomingMessage> =>
  sendOver(socket, url, {
    method: 'GET',
    headers: { accept: 'text/csv, */*;q=0.5', 'accept-encoding': contentCodings.join(', '), ...conditional },
  });

interface ResponseServices {
  readonly limits: LinkLimits;
  readonly deadline: Deadline;
  readonly close: () => void;
  readonly validators: LinkValidators | undefined;
}

const readResponse = (
  url: URL,
  response: IncomingMessage,
  { limits, deadline, close, validators = noValidators }: ResponseServices,
): OpenedLink => {
  const { statusCode, headers } = response;
  if (statusCode === 304 && (validators.etag ?? validators.lastModified) !== null) {
    close();
    return notModified(url, validators);
  }
  if (statusCode !== 200) throw unreachable(`the server answered with status ${statusCode}; a file needs status 200`);
  const { linkBytesMax, linkIdleMs } = limits;
  const length = headers['content-length'];
  const bytesTotal = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
  const tooLarge = (what: string) =>
    new DomainError('TOO_LARGE', `${what} is over ${linkBytesMax} bytes (setting linkBytesMax)`);
  if (bytesTotal !== null && bytesTotal > linkBytesMax) throw tooLarge('the file behind the link');
  const coding = headers['content-encoding'] ?? '';
  let bytesRead = 0;

  async function* receivedChunks(): AsyncGenerator<Uint8Array> {
    const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const idleError = () => unreachable(`the server sent nothing for ${linkIdleMs} ms (setting linkIdleMs)`);
    for (;;) {
      const next = await deadline.race(chunks.next(), idleError).catch((error: unknown) => {
        throw linkError(error, deadline, (cause) =>
          unreachable(`the response was truncated after ${bytesRead} bytes`, cause),
        );
      });
      if (next.done) return;
      bytesRead += next.value.byteLength;
      if (bytesRead > linkBytesMax) throw tooLarge('the file behind the link');
      yield next.value;
    }
  }

  const decoded = decodeContent(receivedChunks(), coding);
  if (!decoded) throw unreachable(`the response has an unsupported content coding: ${coding.slice(0, 40)}`);

  async function* decompressed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of unpack(body)) {
        bytes += chunk.byteLength;
        if (bytes > linkBytesMax) throw tooLarge('the decompressed file behind the link');
        yield chunk;
      }
    } catch (error) {
      throw linkError(error, deadline, (cause) => unreachable('the compressed content is damaged or truncated', cause));
    } finally {
      close();
    }
  }

  return {
    chunks: decompressed(decoded),
    finalUrl: url.href,
    isNotModified: false,
    validators: { etag: headers.etag ?? null, lastModified: headers['last-modified'] ?? null },
    contentType: headers['content-type'] ?? null,
    bytesTotal,
    get bytesRead() {
      return bytesRead;
    },
    close,
  };
};

const notModified = ({ href }: URL, validators: LinkValidators): OpenedLink => ({
  chunks: (async function* (): AsyncGenerator<Uint8Array> {})(),
  finalUrl: href,
  isNotModified: true,
  validators,
  contentType: null,
  bytesTotal: null,
  bytesRead: 0,
  close: () => undefined,
});
