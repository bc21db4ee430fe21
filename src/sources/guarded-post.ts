import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError } from '../errors.ts';
import type { HostPort } from '../lib/host-port.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { connectTo, type Network, systemNetwork } from './link-connection.ts';
import { sendOver } from './link-request.ts';
import { parseLink } from './link-rules.ts';

export interface PostLimits {
  /** Maximum time from the connection to the end of the response. */
  readonly alertTimeoutMs: number;
  /** Maximum size of the response that is read; the rest of a longer one is not. */
  readonly alertResponseBytesMax: number;
}

export interface PostOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Hosts that are allowed although their addresses are private. */
  readonly allow: readonly HostPort[];
  /** Aborts the request with its reason. */
  readonly signal: AbortSignal;
  readonly network?: Network;
}

/** The response to a POST. Redirects are not followed: they are responses like others. */
export interface PostResponse {
  readonly status: number;
  /** The header Retry-After; null without one. */
  readonly retryAfter: string | null;
  /** The beginning of the body. */
  readonly text: string;
}

const notReachable = (cause?: unknown): DomainError =>
  new DomainError('UNREACHABLE', 'the hook cannot be reached', { cause });

/**
 * Sends a body by POST to a host that satisfies the rules of `parseLink` and `connectTo`. Throws BAD_REQUEST for a text
 * that is no link, ADDRESS_NOT_ALLOWED for one that is not allowed, and UNREACHABLE without a complete response in time.
 */
export const postGuarded = async (link: string, limits: PostLimits, options: PostOptions): Promise<PostResponse> => {
  const { alertTimeoutMs: totalMs, alertResponseBytesMax } = limits;
  const { allow, signal, network = systemNetwork } = options;
  const late = () => new DomainError('UNREACHABLE', `the hook took longer than ${totalMs} ms (setting alertTimeoutMs)`);
  const deadline = createDeadline({ idleMs: totalMs, totalMs }, late, signal);
  const sockets = new Set<Socket>();
  const close = (): void => {
    deadline.end();
    for (const socket of sockets) socket.destroy();
  };
  deadline.signal.addEventListener('abort', close, { once: true });
  const onSocket = (socket: Socket): void => {
    socket.on('error', () => undefined);
    if (deadline.signal.aborted) socket.destroy();
    sockets.add(socket);
  };
  try {
    const url = parseLink(link, allow);
    const socket = await deadline.race(connectTo(url, { allow, network, onSocket }), late);
    const response = await deadline.race(send(url, socket, options), late);
    const { statusCode = 0, headers } = response;
    const text = await readStart(response, alertResponseBytesMax, { deadline, late });
    return { status: statusCode, retryAfter: headers['retry-after'] ?? null, text };
  } catch (error) {
    if (deadline.signal.aborted) throw deadline.signal.reason;
    throw postError(error);
  } finally {
    close();
  }
};

const postError = (error: unknown): DomainError => {
  if (error instanceof DomainError) return error;
  const { code = '' } = error as NodeJS.ErrnoException;
  if (/CERT|TLS|SIGNED|ISSUER/.test(code))
    return new DomainError('UNREACHABLE', `the certificate of the hook is invalid (${code})`, { cause: error });
  return notReachable(error);
};

const send = (url: URL, socket: Socket, { headers, body: text }: PostOptions): Promise<IncomingMessage> => {
  const body = Buffer.from(text);
  const own = { 'content-type': 'application/json; charset=utf-8', 'content-length': body.byteLength };
  return sendOver(socket, url, { method: 'POST', headers: { ...own, ...headers }, body });
};

/** The status says whether the message arrived, so a body that breaks off does not matter. */
const readStart = async (
  response: IncomingMessage,
  bytesMax: number,
  { deadline, late }: { readonly deadline: Deadline; readonly late: () => Error },
): Promise<string> => {
  const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  const parts: Uint8Array[] = [];
  let bytes = 0;
  while (bytes < bytesMax) {
    const next = await deadline.race(chunks.next(), late).catch(() => ({ done: true as const }));
    if (next.done) break;
    parts.push(next.value);
    bytes += next.value.byteLength;
  }
  return Buffer.concat(parts).subarray(0, bytesMax).toString();
};
