import { networkInterfaces } from 'node:os';
import { DomainError } from '../errors.ts';
import { type HostPort, plainHost } from '../lib/host-port.ts';
import { compareIp, formatIp, type IpAddress, kindOf, parseCidr, parseIp } from '../lib/ip.ts';

/** What every refusal says, whatever the reason: an answer that told reasons would tell what stands in our network. */
export const linkNotAllowed = (): DomainError =>
  new DomainError(
    'ADDRESS_NOT_ALLOWED',
    'this link may not be followed: only http and https, without user name or password, to public addresses',
  );

/**
 * The link as it will be asked for, without its fragment. Throws BAD_REQUEST for what is no absolute URL, and
 * ADDRESS_NOT_ALLOWED for another scheme, for user information, and for an address that is not public and not allowed.
 * Names are not looked up.
 */
export const parseLink = (text: string, allow: readonly HostPort[]): URL => {
  if (!URL.canParse(text))
    throw new DomainError('BAD_REQUEST', 'the link is no absolute URL, such as https://host/file');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') throw linkNotAllowed();
  if (url.username !== '' || url.password !== '') throw linkNotAllowed();
  url.hash = '';
  const literal = addressLiteral(url);
  if (literal !== null && !isAllowedHost(url, allow)) assertPublicAddress(literal);
  return url;
};

/** The next link of a redirect. Throws like `readLink`, and for one that leads from https to http. */
export const resolveRedirect = (location: string, from: URL, allow: readonly HostPort[]): URL => {
  if (!URL.canParse(location, from)) throw linkNotAllowed();
  const url = parseLink(new URL(location, from).href, allow);
  if (from.protocol === 'https:' && url.protocol === 'http:') throw linkNotAllowed();
  return url;
};

/** The address that stands in a link in place of a name; null when there is a name. */
export const addressLiteral = ({ hostname }: URL): string | null => {
  const text = hostname.replace(/^\[|\]$/g, '');
  return parseIp(text) === null ? null : text;
};

export const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

/** Whether the operator named this host, so that its address may be private. */
export const isAllowedHost = (url: URL, allow: readonly HostPort[]): boolean => {
  const host = plainHost(url.hostname);
  return allow.some((entry) => entry.host === host && (entry.port === null || entry.port === portOf(url)));
};

/** Throws ADDRESS_NOT_ALLOWED for what is not an address that anybody could reach, or is one of this machine's own. */
export const assertPublicAddress = (address: string): void => {
  const ip = parseIp(address);
  if (ip === null || kindOf(ip) !== 'PUBLIC' || isSpecial(ip) || isOwnAddress(ip)) throw linkNotAllowed();
};

/**
 * Blocks that the IANA registries list for a special purpose although they mark them as globally reachable: anycast of
 * whatever network one is in, and nobody's web server. The last is the agent of Azure's hosts, on a public address.
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

/** A service that a firewall hides from others can be reached from its own machine, by its public address too. */
const isOwnAddress = (ip: IpAddress): boolean => {
  const text = formatIp(ip);
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => {
      const own = parseIp(address);
      return own !== null && formatIp(own) === text;
    }),
  );
};
