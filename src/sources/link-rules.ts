import { networkInterfaces } from 'node:os';
import { DomainError } from '../errors.ts';
import { type HostPort, plainHost } from '../lib/host-port.ts';
import { compareIp, formatIp, type IpAddress, kindOf, parseCidr, parseIp } from '../lib/ip.ts';

/** The same error for every reason: a specific reason would reveal what exists in our network. */
export const linkNotAllowed = (): DomainError =>
  new DomainError(
    'ADDRESS_NOT_ALLOWED',
    'this link is not allowed: use http or https, without user name and password, to a public address',
  );

/**
 * Parses a link and removes its fragment. Throws BAD_REQUEST unless it is an absolute URL, and ADDRESS_NOT_ALLOWED for
 * another scheme, for user information, and for an address that is neither public nor allowed. It resolves no names.
 */
export const parseLink = (text: string, allow: readonly HostPort[]): URL => {
  if (!URL.canParse(text))
    throw new DomainError('BAD_REQUEST', 'the link is not an absolute URL, such as https://host/file');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw linkNotAllowed();
  if (url.username !== '' || url.password !== '') throw linkNotAllowed();
  url.hash = '';
  const literal = addressLiteral(url);
  if (literal !== null && !isAllowedHost(url, allow)) assertPublicAddress(literal);
  return url;
};

/** The target of a redirect. Throws like `parseLink`, and for a redirect from https to http. */
export const resolveRedirect = (location: string, from: URL, allow: readonly HostPort[]): URL => {
  if (!URL.canParse(location, from)) throw linkNotAllowed();
  const url = parseLink(new URL(location, from).href, allow);
  if (from.protocol === 'https:' && url.protocol === 'http:') throw linkNotAllowed();
  return url;
};

/** The host of a link when it is an IP address; null when it is a name. */
export const addressLiteral = ({ hostname }: URL): string | null => {
  const text = hostname.replace(/^\[|\]$/g, '');
  return parseIp(text) === null ? null : text;
};

export const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

/** Whether the operator allows this host although its address may be private. */
export const isAllowedHost = (url: URL, allow: readonly HostPort[]): boolean => {
  const host = plainHost(url.hostname);
  return allow.some((entry) => entry.host === host && (entry.port === null || entry.port === portOf(url)));
};

/** Throws ADDRESS_NOT_ALLOWED unless the address is public and not one of this machine. */
export const assertPublicAddress = (address: string): void => {
  const ip = parseIp(address);
  if (ip === null || kindOf(ip) !== 'PUBLIC' || isSpecial(ip) || isOwnAddress(ip)) throw linkNotAllowed();
};

/**
 * Special-purpose blocks that the IANA registries mark as globally reachable, such as anycast addresses of the local
 * network. The last block is the host agent of Azure, which has a public address.
 */
const specialBlocks = [
  ...['192.0.0.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24', '2001::/23', '2620:4f:8000::/48'],
  '168.63.129.16/32',
].map((text) => {
  const block = parseCidr(text);
  if (block === null) throw new RangeError(`not a block: ${text}`);
  return block;
});

const isSpecial = (ip: IpAddress): boolean =>
  specialBlocks.some(({ first, last }) => compareIp(first, ip) <= 0 && compareIp(ip, last) <= 0);

/** A process can reach services of its own machine by a public address, even where a firewall hides them from others. */
const isOwnAddress = (ip: IpAddress): boolean => {
  const text = formatIp(ip);
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => {
      const own = parseIp(address);
      return own !== null && formatIp(own) === text;
    }),
  );
};
