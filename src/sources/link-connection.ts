import { lookup } from 'node:dns/promises';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { connect as secure } from 'node:tls';
import type { HostPort } from '../lib/host-port.ts';
import { formatIp, parseIp } from '../lib/ip.ts';
import { addressLiteral, assertPublicAddress, isAllowedHost, linkNotAllowed, portOf } from './link-rules.ts';

/** The two things that the world outside is asked for. */
export interface Network {
  /** All addresses of a name. */
  resolve(name: string): Promise<readonly string[]>;
  /** Begins to connect to one of the addresses. */
  connect(addresses: readonly string[], port: number): Socket;
}

export const systemNetwork: Network = {
  resolve: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  connect: (addresses, port) => {
    const [first = ''] = addresses;
    if (addresses.length === 1) return connect({ host: first, port });
    // A name that is never asked for again: the addresses that were checked are the ones that are tried, in turn.
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
  /** Told of every socket as soon as there is one. */
  readonly onSocket: (socket: Socket) => void;
}

/**
 * A connection to the host of a link, ready to be written to. All addresses of its name are checked before one of them is
 * connected to, and that one again, before a byte is sent, on the socket itself. Throws ADDRESS_NOT_ALLOWED, and the
 * system's errors.
 */
export const connectTo = async (url: URL, { allow, network, onSocket }: ConnectOptions): Promise<Socket> => {
  const literal = addressLiteral(url);
  const isFree = isAllowedHost(url, allow);
  const addresses = literal === null ? await network.resolve(url.hostname) : [literal];
  if (!isFree) for (const address of addresses) assertPublicAddress(address);
  const socket = network.connect(addresses, portOf(url));
  onSocket(socket);
  await waitFor(socket, 'connect');
  try {
    const reached = socket.remoteAddress ?? '';
    if (!addresses.some((address) => isSame(address, reached))) throw linkNotAllowed();
    if (!isFree) assertPublicAddress(reached);
  } catch (error) {
    socket.destroy();
    throw error;
  }
  if (url.protocol === 'http:') return socket;
  // RFC 6066 has no addresses in place of a server's name.
  const servername = literal === null ? url.hostname.replace(/\.$/, '') : '';
  const encrypted = secure({ socket, servername, host: literal ?? url.hostname, ALPNProtocols: ['http/1.1'] });
  onSocket(encrypted);
  await waitFor(encrypted, 'secureConnect');
  return encrypted;
};

const isSame = (a: string, b: string): boolean => {
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
