import { once } from 'node:events';
import { connect } from 'node:net';
import { type LookupMode, lookupBody } from './graphql-lookups.ts';

/**
 * Sends lookups by POST to a GraphQL server on this machine, in a process of its own:
 * `node graphql-load.js <port> variables|text|literals|unrepeated <requests> <connections> <seed>`. Sockets instead of an HTTP
 * client, which would cost more than the servers that are measured. Checks each answer; prints the seconds as JSON.
 */
const [port = '', mode = '', requests = '', connections = '', seed = ''] = process.argv.slice(2);
const total = Number(requests);

const answer = '{"data":{"userStatus":{"status":"';

const sendAll = async (next: () => number | null): Promise<void> => {
  const socket = connect(Number(port), '127.0.0.1').setNoDelay().setEncoding('latin1');
  await once(socket, 'connect');
  const send = (): boolean => {
    const index = next();
    if (index === null) return false;
    const body = lookupBody(mode as LookupMode, index, Number(seed));
    const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\naccept: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    socket.write(head + body);
    return true;
  };
  await new Promise<void>((resolve, reject) => {
    let held = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.on('data', (text: string) => {
      held += text;
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      const length = Number(/content-length: (\d+)/i.exec(held)?.[1] ?? Number.NaN);
      const isWhole = Number.isNaN(length) ? held.endsWith('0\r\n\r\n') : held.length >= end + 4 + length;
      if (!isWhole) return;
      if (!held.startsWith('HTTP/1.1 200') || !held.includes(answer)) return reject(new Error(held));
      held = '';
      if (!send()) resolve();
    });
    if (!send()) resolve();
  });
  socket.removeAllListeners('close').destroy();
};

let sent = 0;
const next = (): number | null => (sent < total ? sent++ : null);
const startMs = performance.now();
await Promise.all(Array.from({ length: Number(connections) }, () => sendAll(next)));
process.stdout.write(JSON.stringify({ seconds: (performance.now() - startMs) / 1000 }));
