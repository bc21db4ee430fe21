import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { type PostOptions, postGuarded } from '../../src/sources/guarded-post.ts';
import { systemNetwork } from '../../src/sources/link-connection.ts';

/** A server that answers every connection by `answer`; returns its port and what it received. */
const rawServer = async (answer: (socket: Socket) => void): Promise<{ port: number; received: string[] }> => {
  const received: string[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('data', (chunk) => received.push(chunk.toString()));
    answer(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, received };
};

const post = (url: string, options: Partial<PostOptions> = {}, alertTimeoutMs = 5000) =>
  postGuarded(
    url,
    { alertTimeoutMs, alertResponseBytesMax: 100 },
    { headers: { 'x-test': 'yes' }, body: '{"ü":1}', allow: [], signal: new AbortController().signal, ...options },
  ).catch((error: { code?: string; message?: string }) => ({ code: error.code, message: error.message }));

const local = [{ host: '127.0.0.1', port: null }];

it('a message is sent whole, with its length in bytes, and the start of the response is read', async () => {
  const { port, received } = await rawServer((socket) => {
    socket.on('data', (chunk) => {
      if (!chunk.toString().endsWith('{"ü":1}')) return;
      socket.write(`HTTP/1.1 429 Slow\r\nretry-after: 7\r\ncontent-length: 500\r\n\r\n${'x'.repeat(500)}`);
    });
  });
  expect(await post(`http://127.0.0.1:${port}/a?b=c#fragment`, { allow: local })).toEqual({
    status: 429,
    retryAfter: '7',
    text: 'x'.repeat(100),
  });
  const request = received.join('');
  expect(request).toMatch(/^POST \/a\?b=c HTTP\/1\.1\r\n/);
  expect(request).toContain(`Host: 127.0.0.1:${port}`.toLowerCase());
  expect(request).toContain('content-length: 8\r\n');
  expect(request).toContain('x-test: yes\r\n');
  expect(request.endsWith('\r\n\r\n{"ü":1}')).toBe(true);
});

it.each([
  ['nothing', () => undefined, 'took longer than 300 ms'],
  ['half a status line', (socket: Socket) => socket.write('HTTP/1.1 20'), 'took longer than 300 ms'],
  ['no HTTP', (socket: Socket) => socket.end('hello\r\n\r\n'), 'cannot be reached'],
  ['a closed connection', (socket: Socket) => socket.destroy(), 'cannot be reached'],
])('a hook that answers with %s is unreachable', async (_name, answer, message) => {
  const { port } = await rawServer(answer);
  expect(await post(`http://127.0.0.1:${port}/`, { allow: local }, 300)).toEqual({
    code: 'UNREACHABLE',
    message: expect.stringContaining(message),
  });
});

it('a status counts although its body never ends or breaks off', async () => {
  for (const answer of [
    (socket: Socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab'),
    (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab'),
  ]) {
    const { port } = await rawServer(answer);
    expect(await post(`http://127.0.0.1:${port}/`, { allow: local }, 300)).toMatchObject({ status: 200, text: 'ab' });
  }
});

it('a name that is public when it is checked and private when it is connected gets no byte', async () => {
  const { port, received } = await rawServer((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
  const network = {
    resolve: async () => ['93.184.216.34'],
    connect: () => connect({ host: '127.0.0.1', port }),
  };
  expect(await post('http://rebinding.example/', { network })).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  for (const addresses of [['10.0.0.1'], ['93.184.216.34', '169.254.169.254'], ['::ffff:127.0.0.1']])
    expect(
      await post('http://private.example/', { network: { ...systemNetwork, resolve: async () => addresses } }),
    ).toMatchObject({ code: 'ADDRESS_NOT_ALLOWED' });
  expect(received).toEqual([]);
});

it('an aborted message ends at once with the reason', async () => {
  const { port, received } = await rawServer(() => undefined);
  const controller = new AbortController();
  const sent = post(`http://127.0.0.1:${port}/`, { allow: local, signal: controller.signal });
  await expect.poll(() => received.length).toBeGreaterThan(0);
  controller.abort(new Error('enough'));
  expect(await sent).toMatchObject({ message: 'enough' });
});
