import { DomainError } from '../errors.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { preview } from '../lib/problems.ts';

/** `//monitor` is `/monitor`: one client is known to ask so. */
export const plainPath = (pathname: string): string =>
  pathname.includes('//') ? pathname.replace(/\/{2,}/g, '/') : pathname;

/**
 * A name that an attacker's DNS makes point at this machine is not ours: a server on loopback answers to loopback names
 * only, or any page could read it as its own origin (DNS rebinding). `ownHost` is where it listens, `hostname` what it
 * was called. Throws NOT_ALLOWED.
 */
export const refuseForeignHost = (hostname: string, ownHost: string): void => {
  if (isLoopbackHost(ownHost) && !isLoopbackHost(hostname))
    throw new DomainError('NOT_ALLOWED', `this server is not ${hostname.slice(0, 80)}`);
};

/** Bodies are read as they stand: one that is compressed would be taken for malformed records. Throws BAD_REQUEST. */
export const refuseEncodedBody = (encoding: string | null | undefined): void => {
  if (encoding && encoding.trim().toLowerCase() !== 'identity')
    throw new DomainError('BAD_REQUEST', `the body must be sent without content-encoding, not ${preview(encoding)}`);
};

/** A request as far as it tells who made it. */
export interface RequestOrigin {
  readonly method: string;
  /** Null unless a browser names the page that calls; programs do not. */
  readonly origin: string | null;
  /** Name and port as the client wrote them. */
  readonly host: string;
}

/** Reading is safe: no answer lets other origins see it. Throws NOT_ALLOWED. */
export const refuseForeignOrigin = ({ method, origin, host }: RequestOrigin, allowed: readonly string[]): void => {
  if (method === 'GET' || method === 'HEAD' || origin === null) return;
  if (allowed.includes(origin)) return;
  if (URL.canParse(origin) && new URL(origin).host === host) return;
  throw new DomainError('NOT_ALLOWED', `pages of ${origin} may not call this server (setting allowedOrigins)`);
};

/** The CORS protocol of the Fetch standard, for an origin that the operator allows; none for others. `vary` is added to an answer's own. */
export const originHeaders = (origin: string | null, allowed: readonly string[]): Readonly<Record<string, string>> =>
  origin !== null && allowed.includes(origin)
    ? {
        'access-control-allow-origin': origin,
        'access-control-allow-methods': 'GET, HEAD, POST, PUT',
        'access-control-allow-headers': 'authorization, content-type, idempotency-key, x-api-key',
        vary: 'origin',
      }
    : {};
