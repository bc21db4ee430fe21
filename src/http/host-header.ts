import { DomainError } from '../errors.ts';

/** A name or an IPv4 address, or an IPv6 address in brackets, with or without a port (RFC 9110, section 7.2). */
const hostForm = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/i;

/**
 * Checks that a request has exactly one Host header, which a URL can have: servers and proxies in a chain that read several
 * of them read different ones. `rawHeaders` are names and values in turn. Keeps the last good value, because clients call a
 * server by few names.
 */
export const createHostCheck = (): ((rawHeaders: readonly string[]) => DomainError | undefined) => {
  let goodHost: string | undefined;
  return (rawHeaders) => {
    let host: string | undefined;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = rawHeaders[index] as string;
      if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
      if (host !== undefined) return new DomainError('BAD_REQUEST', 'the request has more than one Host header');
      host = rawHeaders[index + 1];
    }
    if (host === goodHost && host !== undefined) return undefined;
    if (host === undefined) return new DomainError('BAD_REQUEST', 'the request has no Host header');
    if (!hostForm.test(host) || !URL.canParse(`http://${host}`))
      return new DomainError(
        'BAD_REQUEST',
        'the Host header of the request is no name or address with or without a port',
      );
    goodHost = host;
    return undefined;
  };
};
