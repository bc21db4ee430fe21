import { type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '../errors.ts';
import type { HostPort } from '../lib/host-port.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { contentCodings, decodeContent, unpack } from './decompress.ts';
import { connectTo, type Network, systemNetwork } from './link-connection.ts';
import { parseLink, resolveRedirect } from './link-rules.ts';

/** The settings of the same names. */
export interface LinkLimits {
  /** Of what is sent, and of what becomes of it when it is unpacked. */
  readonly linkBytesMax: number;
  /** How long the next piece of an answer may take. */
  readonly linkIdleMs: number;
  /** How long it may take altogether, reading included. */
  readonly linkTotalMs: number;
  readonly linkRedirectsMax: number;
}

export interface LinkOptions {
  /** Hosts that may be followed to although their addresses are private. */
  readonly allow?: readonly HostPort[];
  /** Ends everything; whoever reads gets its reason. */
  readonly signal?: AbortSignal | undefined;
  readonly network?: Network;
}

/** A file behind a link, as it comes. */
export interface OpenedLink {
  /** Its content, unpacked; to be read once. Connections are closed at its end, or when reading it is given up. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The address that answered, after redirects: without user information, which links may not hold, and fragment. */
  readonly finalUrl: string;
  /** As the server says, parameters included; null when it says nothing. */
  readonly contentType: string | null;
  /** How many bytes will be sent, as far as the server says so; unpacked they may be more. */
  readonly bytesTotal: number | null;
  /** How many of them have come by now. */
  readonly bytesRead: number;
  /** Closes what was not read. */
  close(): void;
}

const unreachable = (message: string, cause?: unknown): DomainError =>
  new DomainError('UNREACHABLE', message, { cause });
/** One text whether there is no such name, no such server or no answer. */
const notReachable = (cause?: unknown): DomainError => unreachable('the link cannot be reached', cause);

/**
 * Asks for a link by GET and follows its redirects, each under the rules of the first: see `readLink` and `connectTo`.
 * Content codings, gzip files and zip archives of one file are undone on the way. It throws, and so does reading:
 * BAD_REQUEST for what is no link, ADDRESS_NOT_ALLOWED for one that may not be followed, TOO_LARGE for one over
 * `linkBytesMax` before or after it is unpacked, UNREACHABLE for one that does not answer 200, breaks off or takes too
 * long, NOT_A_TABLE for an archive that cannot be read.
 */
export const openGuardedUrl = async (
  link: string,
  limits: LinkLimits,
  { allow = [], signal, network = systemNetwork }: LinkOptions = {},
): Promise<OpenedLink> => {
  const { linkIdleMs: idleMs, linkTotalMs: totalMs, linkRedirectsMax } = limits;
  const tooLong = () => unreachable(`the link took longer than ${totalMs} ms (setting linkTotalMs)`);
  const patience = createDeadline({ idleMs, totalMs }, tooLong, signal);
  const sockets = new Set<Socket>();
  const close = (): void => {
    patience.end();
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  patience.signal.addEventListener('abort', close, { once: true });
  const onSocket = (socket: Socket): void => {
    socket.on('error', () => undefined);
    if (patience.signal.aborted) socket.destroy();
    sockets.add(socket);
  };

  const ask = async (url: URL): Promise<IncomingMessage> => {
    const socket = await patience.race(connectTo(url, { allow, network, onSocket }), notReachable);
    return patience.race(sendRequest(url, socket), notReachable);
  };

  try {
    let url = parseLink(link, allow);
    for (let redirects = 0; ; redirects++) {
      const response = await ask(url);
      const { statusCode = 0, headers } = response;
      const isRedirect = [301, 302, 303, 307, 308].includes(statusCode) && headers.location !== undefined;
      if (!isRedirect) return readResponse(url, response, { limits, deadline: patience, close });
      for (const socket of sockets) socket.destroy();
      sockets.clear();
      if (redirects === linkRedirectsMax)
        throw unreachable(`the link has more than ${linkRedirectsMax} redirects (setting linkRedirectsMax)`);
      url = resolveRedirect(headers.location ?? '', url, allow);
    }
  } catch (error) {
    close();
    throw linkError(error, patience, notReachable);
  }
};

/** A reason of the caller's own is handed on as it is. */
const linkError = (error: unknown, { signal }: Deadline, otherwise: (cause: unknown) => Error): unknown => {
  if (signal.aborted) return signal.reason;
  if (error instanceof DomainError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/CERT|TLS|SIGNED|ISSUER/.test(code)) return unreachable(`the server's certificate is not good (${code})`, error);
  return otherwise(error);
};

const sendRequest = (url: URL, socket: Socket): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const asked = request({
      // The request goes over this connection, wherever the other options point.
      createConnection: () => socket,
      path: `${url.pathname}${url.search}`,
      headers: {
        host: url.host,
        'user-agent': 'asof',
        accept: 'text/csv, */*;q=0.5',
        'accept-encoding': contentCodings.join(', '),
        connection: 'close',
      },
    });
    asked.once('response', (response) => {
      // Whoever reads it is told; who leaves it unread does not care.
      response.on('error', () => undefined);
      resolve(response);
    });
    asked.on('error', reject);
    asked.once('close', () => reject(new Error('the connection was closed')));
    // Switched to a protocol that nobody asked for.
    asked.once('upgrade', () => asked.destroy());
    asked.end();
  });

interface ResponseServices {
  readonly limits: LinkLimits;
  readonly deadline: Deadline;
  readonly close: () => void;
}

const readResponse = (
  url: URL,
  response: IncomingMessage,
  { limits, deadline: patience, close }: ResponseServices,
): OpenedLink => {
  const { statusCode, headers } = response;
  if (statusCode !== 200) throw unreachable(`the server answered ${statusCode}`);
  const { linkBytesMax, linkIdleMs } = limits;
  const length = headers['content-length'];
  const bytesTotal = length !== undefined && /^\d{1,15}$/.test(length) ? Number(length) : null;
  const tooLarge = (what: string) =>
    new DomainError('TOO_LARGE', `${what} is over ${linkBytesMax} bytes (setting linkBytesMax)`);
  if (bytesTotal !== null && bytesTotal > linkBytesMax) throw tooLarge('the file behind the link');
  const coding = headers['content-encoding'] ?? '';
  let bytesRead = 0;

  async function* sent(): AsyncGenerator<Uint8Array> {
    const parts = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const late = () => unreachable(`nothing came for ${linkIdleMs} ms (setting linkIdleMs)`);
    for (;;) {
      const next = await patience.race(parts.next(), late).catch((error: unknown) => {
        throw linkError(error, patience, (cause) =>
          unreachable(`the answer broke off after ${bytesRead} bytes`, cause),
        );
      });
      if (next.done) return;
      bytesRead += next.value.byteLength;
      if (bytesRead > linkBytesMax) throw tooLarge('the file behind the link');
      yield next.value;
    }
  }

  const body = decodeContent(sent(), coding);
  if (!body) throw unreachable(`the server's answer has an encoding that is not read: ${coding.slice(0, 40)}`);

  async function* content(whole: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of unpack(whole)) {
        bytes += chunk.byteLength;
        if (bytes > linkBytesMax) throw tooLarge('the file behind the link, unpacked,');
        yield chunk;
      }
    } catch (error) {
      throw linkError(error, patience, (cause) => unreachable('the packed content is damaged or breaks off', cause));
    } finally {
      close();
    }
  }

  return {
    chunks: content(body),
    finalUrl: url.href,
    contentType: headers['content-type'] ?? null,
    bytesTotal,
    get bytesRead() {
      return bytesRead;
    },
    close,
  };
};
