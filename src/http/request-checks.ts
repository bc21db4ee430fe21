import { DomainError } from '../errors.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { preview } from '../lib/problems.ts';

/** `//monitor` is `/monitor`: one client is known to send such paths. */
export const collapseSlashes = (pathname: string): string =>
  pathname.includes('//') ? pathname.replace(/\/{2,}/g, '/') : pathname;

/**
 * Prevents DNS rebinding: an attacker's DNS can make a name point at this machine, and any page could then read a server
 * on loopback as its own origin. Such a server therefore answers to loopback names only. `boundHost` is where it
 * listens, `hostname` the name in the request. Throws NOT_ALLOWED.
 */
export const checkHost = (hostname: string, boundHost: string): void => {
  if (isLoopbackHost(boundHost) && !isLoopbackHost(hostname))
    throw new DomainError(
      'NOT_ALLOWED',
      `Host ${preview(hostname)} is not allowed: this server is bound to loopback (setting host)`,
    );
};

/** The parts of a request that identify who made it. */
export interface RequestOrigin {
  readonly method: string;
  /** Browsers name the page that calls; programs send null. */
  readonly origin: string | null;
  /** Name and port as the client wrote them. */
  readonly host: string;
}

/** Reading is safe, because no response lets other origins see it. Throws NOT_ALLOWED. */
export const checkOrigin = ({ method, origin, host }: RequestOrigin, allowed: readonly string[]): void => {
  if (method === 'GET' || method === 'HEAD' || origin === null) return;
  if (allowed.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new DomainError('NOT_ALLOWED', `pages of ${origin} may not call this server (setting allowedOrigins)`);
};

/**
 * The headers of the CORS protocol for an allowed origin; none for others. `vary` is added to a response's own. A preflight
 * allows the headers that it asks for: clients of GraphQL and of tracing send many of their own.
 */
export const corsHeaders = (
  origin: string | null,
  allowed: readonly string[],
  requestedHeaders?: string | null,
): Readonly<Record<string, string>> =>
  origin !== null && allowed.includes(origin)
    ? {
        'access-control-allow-origin': origin,
        // navigator.sendBeacon always sends credentials, which a browser allows for a named origin only.
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
        'access-control-allow-headers': allowedHeaders(requestedHeaders),
        // A page that is being left has no time for a preflight: it uses the last one.
        'access-control-max-age': '600',
        'access-control-expose-headers': 'content-disposition, etag, link, retry-after, x-request-id',
        vary: 'origin',
      }
    : {};

const knownHeaders = [
  ...['authorization', 'content-encoding', 'content-type', 'idempotency-key', 'if-none-match', 'last-event-id'],
  ...['x-api-key', 'x-request-id'],
];

const allowedHeaders = (requested: string | null | undefined): string => {
  const names = (requested ?? '').toLowerCase().match(/[\w-]+/g) ?? [];
  return [...new Set([...knownHeaders, ...names])].join(', ');
};
