import { lookup } from 'node:dns/promises';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostPort } from '../lib/host-port.ts';
import { formatIp, parseIp } from '../lib/ip.ts';
import { addressLiteral, assertPublicAddress, isAllowedHost, linkNotAllowed, portOf } from './link-rules.ts';

/** The two operations that reach the network; tests replace them. */
export interface Network {
  /** All addresses of a name. */
  resolve(name: string): Promise<readonly string[]>;
  /** Starts a connection to one of the addresses. */
  connect(addresses: readonly string[], port: number): Socket;
}

export const systemNetwork: Network = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  connect: (addresses, port) => {
    const [first = ''] = addresses;
    if (addresses.length === 1) return connect({ host: first, port });
    // The lookup returns the addresses that were checked, so that no second DNS query can return others.
    const pinned: LookupFunction = (_name, _options, found) =>
      found(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    return connect({ host: 'pinned.invalid', port, lookup: pinned, autoSelectFamily: true });
  },
};

interface ConnectOptions {
  readonly allow: readonly HostPort[];
  readonly network: Network;
  /** Called for every socket as soon as it exists. */
  readonly onSocket: (socket: Socket) => void;
}

/**
 * Connects to the host of a link. It checks all addresses of the name before it connects, and the address of the connected
 * socket again before a byte is sent. Throws ADDRESS_NOT_ALLOWED, and the errors of the system.
 */
export const connectTo = async (url: URL, { allow, network, onSocket }: ConnectOptions): Promise<Socket> => {
  const literal = addressLiteral(url);
  const isExempt = isAllowedHost(url, allow);
  const addresses = literal === null ? await network.resolve(url.hostname) : [literal];
  if (!isExempt) for (const address of addresses) assertPublicAddress(address);
  const socket = network.connect(addresses, portOf(url));
  onSocket(socket);
  await waitFor(socket, 'connect');
  try {
    const remote = socket.remoteAddress ?? '';
    if (!addresses.some((address) => isSameAddress(address, remote))) throw linkNotAllowed();
    if (!isExempt) assertPublicAddress(remote);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (url.protocol === 'http:') return socket;
  // RFC 6066 does not permit an IP address as server name.
  const servername = literal === null ? url.hostname.replace(/\.$/, '') : '';
  const encrypted = connectTls({ socket, servername, host: literal ?? url.hostname, ALPNProtocols: ['http/1.1'] });
  onSocket(encrypted);
  await waitFor(encrypted, 'secureConnect');
  return encrypted;
};

const isSameAddress = (a: string, b: string): boolean => {
  const [first, second] = [parseIp(a), parseIp(b)];
  return first !== null && second !== null && formatIp(first) === formatIp(second);
};

const waitFor = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    const close = () => reject(new Error('the connection was closed'));
    socket.once('close', close).once('error', reject);
    socket.once(event, () => {
      socket.off('close', close).off('error', reject);
      resolve();
    });
  });
