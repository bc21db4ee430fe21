import { kindOf, parseIp } from './ip.ts';

/** Whether a host, as URLs and settings write it, is a loopback address or name; IPv6 with or without brackets. */
export const isLoopbackHost = (host: string): boolean => {
  const ip = parseIp(host.replace(/^\[|\]$/g, ''));
  return ip === null ? host === 'localhost' : kindOf(ip) === 'LOOPBACK';
};
