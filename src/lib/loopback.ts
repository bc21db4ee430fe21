import { kindOf, parseIp } from './ip.ts';

/** Whether a host, as URLs and settings write it, is this machine for itself; brackets around IPv6 or none. */
export const isLoopbackHost = (host: string): boolean => {
  const ip = parseIp(host.replace(/^\[|\]$/g, ''));
  return ip === null ? host === 'localhost' : kindOf(ip) === 'LOOPBACK';
};
