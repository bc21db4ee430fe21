import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { asof, folder, serve } from '../cli/asof-process.ts';
import { isLong } from './form.ts';
import { eventText, json, readiness, send, storedIds } from './requests.ts';

const rounds = isLong ? 10 : 1;

/** Sends events until the server no longer answers; adds the acknowledged ones. */
const sendUntilGone = async (url: string, client: string, acknowledged: string[]): Promise<void> => {
  for (let number = 0; ; number++) {
    const id = `${client}-${number}`;
    const answer = await send(`${url}/receive_event`, { headers: json, body: eventText(id) }).catch(() => null);
    if (answer === null) return;
    if (answer.status === 200) acknowledged.push(id);
  }
};

it('a server that gets SIGTERM under load has stored every acknowledged event, and exits with 0', async () => {
  const data = await folder();
  const acknowledged: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const server = await serve(['--data', data, '--empty']);
    const enough = acknowledged.length + 200;
    const clients = Array.from({ length: 8 }, (_, client) =>
      sendUntilGone(server.url, `${round}-${client}`, acknowledged),
    );
    await expect.poll(() => acknowledged.length, { timeout: 60_000 }).toBeGreaterThan(enough);
    expect(await server.stop()).toBe(0);
    await Promise.all(clients);
  }
  const ids = await storedIds(data);
  const stored = new Set(ids);
  expect(stored.size).toBe(ids.length);
  expect(acknowledged.filter((id) => !stored.has(id))).toEqual([]);
  expect((await asof(['verify', '--data', data])).code).toBe(0);
});

/** A connection that sends this and then waits. */
const slowClient = async (url: string, text: string): Promise<Socket> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.pause();
  socket.write(text);
  return socket;
};

it('clients that send or read slowly hold up neither other clients nor the end of the server', async () => {
  const data = await folder();
  const server = await serve(['--data', data, '--empty', '--stop-wait-ms', '200']);
  const { host } = new URL(server.url);
  const slow = [
    'GET /readyz HTTP/1.1\r\nHost: ',
    `POST /receive_event HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{`,
    `POST /events HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`,
    `GET /openapi.json HTTP/1.1\r\nHost: ${host}\r\n\r\n`.repeat(4),
  ];
  for (const text of slow) for (let count = 0; count < 10; count++) await slowClient(server.url, text);
  for (let number = 0; number < 20; number++) {
    const answer = await send(`${server.url}/receive_event`, { headers: json, body: eventText(`quick-${number}`) });
    expect(answer.status).toBe(200);
  }
  expect(await readiness(server.url)).toBe('200 ready');
  expect(await server.stop()).toBe(0);
  expect(await storedIds(data)).toHaveLength(20);
});
