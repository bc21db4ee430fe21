import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * Sends events to a server on this machine, in a process of its own:
 * `node ingest-load.js <port> single|stream <events> <connections> <prefix of ids>`. Sockets instead of an HTTP client,
 * which would cost more than the servers that are measured. Prints events and seconds as JSON.
 */
const [port = '', mode = '', events = '', connections = '', prefix = ''] = process.argv.slice(2);
const total = Number(events);

const eventText = (index: number): string =>
  `{"event_id":"${prefix}${index}","user_id":"u-${index % 5000}","account_type":"free","date":"2023-05-01T10:00:00","event_type":${index % 3 ? 'null' : '"order"'},"order_value":${index % 3 ? 'null' : '19.99'},"version":"${index % 2 ? 'A' : 'B'}"}`;

const open = async (): Promise<Socket> => {
  const socket = connect(Number(port), '127.0.0.1').setNoDelay().setEncoding('latin1');
  await once(socket, 'connect');
  return socket;
};

const head = (path: string, rest: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n${rest}\r\n\r\n`;

/** Sends one request after the other on a keep-alive connection. */
const sendSingly = async (next: () => number | null): Promise<void> => {
  const socket = await open();
  const ask = (): boolean => {
    const index = next();
    if (index === null) return false;
    const body = eventText(index);
    socket.write(head('/receive_event', `content-length: ${body.length}`) + body);
    return true;
  };
  await new Promise<void>((resolve, reject) => {
    let held = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed the connection')));
    socket.on('data', (text: string) => {
      held += text;
      const end = held.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(held)?.[1] ?? Number.NaN);
      if (end < 0 || held.length < end + 4 + length) return;
      if (!held.startsWith('HTTP/1.1 200')) return reject(new Error(held));
      held = '';
      if (!ask()) resolve();
    });
    if (!ask()) resolve();
  });
  socket.removeAllListeners('close').destroy();
};

const linesAtOnce = 200;

/** All in one request, a line each. */
const sendStream = async (next: () => number | null): Promise<void> => {
  const socket = await open();
  let held = '';
  const received = new Promise<void>((resolve, reject) => {
    socket.on('error', reject);
    socket.on('data', (text: string) => {
      held = (held + text).slice(-2000);
      if (held.endsWith('0\r\n\r\n') || /content-length/i.test(held)) resolve();
    });
  });
  socket.write(head('/events?summary=1', 'transfer-encoding: chunked'));
  for (let index = next(); index !== null; ) {
    let text = '';
    for (let line = 0; line < linesAtOnce && index !== null; line++, index = next()) text += `${eventText(index)}\n`;
    if (!socket.write(`${text.length.toString(16)}\r\n${text}\r\n`)) await once(socket, 'drain');
  }
  socket.write('0\r\n\r\n');
  await received;
  if (!held.startsWith('HTTP/1.1 200')) throw new Error(held);
  socket.destroy();
};

let sent = 0;
const next = (): number | null => (sent < total ? sent++ : null);
const startMs = performance.now();
const send = mode === 'stream' ? sendStream : sendSingly;
await Promise.all(Array.from({ length: Number(connections) }, () => send(next)));
process.stdout.write(JSON.stringify({ events: total, seconds: (performance.now() - startMs) / 1000 }));
