import { connect } from 'node:net';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../src/http/server.ts';
import { openApp } from '../support/app.ts';

const opened = async () => {
  const { app, close } = await openApp();
  onTestFinished(close);
  const log = pino({ level: 'silent' });
  const server = await openServer(app.fetch, { host: '127.0.0.1', port: 0, log, fastPath: app.fastPath });
  onTestFinished(() => server.stop());
  return Number(new URL(server.url).port);
};

/** Sends text as it is; resolves with everything that came back. */
const exchange = (port: number, text: string): Promise<string> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    let answer = '';
    socket.setEncoding('latin1').on('data', (part) => {
      answer += part;
    });
    socket.on('close', () => resolve(answer)).on('error', () => undefined);
    socket.write(text);
  });

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);

const get = (host: readonly string[], path = '/healthz') =>
  `GET ${path} HTTP/1.1\r\n${host.map((value) => `${value}\r\n`).join('')}connection: close\r\n\r\n`;

const query = '{"query":"{ __typename }"}';
const post = (host: readonly string[]) =>
  `POST /graphql HTTP/1.1\r\n${host.map((value) => `${value}\r\n`).join('')}content-type: application/json\r\ncontent-length: ${query.length}\r\nconnection: close\r\n\r\n${query}`;

it('a request has exactly one Host header, which is a name or an address', async () => {
  const port = await opened();
  const answers = async (host: readonly string[]) => [
    statusOf(await exchange(port, get(host))),
    statusOf(await exchange(port, post(host))),
  ];
  for (const good of ['127.0.0.1', 'localhost', `LOCALHOST:${port}`, `[::1]:${port}`, '127.8.8.8:1'])
    expect([good, await answers([`host: ${good}`])]).toEqual([good, [200, 200]]);
  for (const other of ['evil.example', 'sub_domain.example:80', '1.2.3.4'])
    expect([other, await answers([`host: ${other}`])]).toEqual([other, [403, 403]]);
  for (const bad of [
    [],
    ['host:'],
    ['host: localhost', 'host: localhost'],
    ['host: localhost', 'Host: evil.example'],
    ...[
      ...['xn--localhost', 'xn--', 'localhost:99999', 'localhost:x', 'user@localhost', 'localhost/a', 'local host'],
      ...['[::1', '::1', '[::g]', '1.2.3.256', 'localhost?x', 'localhost#x', '%6cocalhost', '\\localhost', 'a,b', '*'],
    ].map((value) => [`host: ${value}`]),
  ])
    expect([bad, await answers(bad)]).toEqual([bad, [400, 400]]);
});

it('every answer says that its type must not be guessed', async () => {
  const port = await opened();
  const host = ['host: localhost'];
  const requests = [
    ...['/healthz', '/nowhere', '/docs', '/graphql', '/graphql?query={__typename}', '/user_status/1', '/metrics'].map(
      (path) => get(host, path),
    ),
    post(host),
    post(['host: evil.example']),
    get([]),
    'nonsense\r\n\r\n',
    `GET / HTTP/1.1\r\nhost: localhost\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
    'POST /graphql HTTP/1.1\r\nhost: localhost\r\nexpect: the-best\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    'OPTIONS /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n',
  ];
  for (const request of requests) {
    const answer = await exchange(port, request);
    expect([request.slice(0, 60), answer]).toEqual([
      request.slice(0, 60),
      expect.stringMatching(/^HTTP\/1\.1 \d{3} [\s\S]*x-content-type-options: nosniff\r\n/i),
    ]);
  }
});
