import { isIP } from 'node:net';
import { parseIp } from './ip.ts';

const octets = /^\d+(\.\d+)*$/;

/** Why a text that `parseIp` refuses is no address, in a sentence; null for an address. */
export const ipFaultOf = (text: string): string | null => {
  if (parseIp(text)) return null;
  if (text.trim() === '') return 'there is no text';
  if (text !== text.trim() && parseIp(text.trim())) return 'leave out the space around the address';
  const [address = '', ...prefix] = text.split('/');
  if (prefix.length > 0 && isIP(address)) return 'this is a range: leave out the slash and what follows';
  if (text.includes('%') && isIP(text)) return 'leave out the zone after %';
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
  if (bracketed !== undefined && isIP(bracketed)) return 'leave out the brackets and the port';
  const [host = '', port] = text.split(':');
  if (port !== undefined && /^\d+$/.test(port) && parseIp(host)) return 'leave out the port';
  if (octets.test(text)) return octetFault(text.split('.'));
  return text.includes(':') ? 'this is no IPv6 address' : 'this is neither an IPv4 nor an IPv6 address';
};

const octetFault = (parts: readonly string[]): string => {
  if (parts.length !== 4) return `an IPv4 address has 4 numbers, not ${parts.length}`;
  const tooLarge = parts.find((part) => Number(part) > 255);
  if (tooLarge !== undefined) return `${tooLarge} is more than 255`;
  return 'a number of an IPv4 address has no zero in front';
};
