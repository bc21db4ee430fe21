import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Handler } from '../../src/http/request-guard.ts';
import type { FastPath, FastRequest } from '../../src/http/server.ts';
import { drainMs, openServer } from '../../src/http/server.ts';
import { asof, folder, serve } from './asof-process.ts';

const log = pino({ level: 'silent' });

const opened = async (handler: Handler) => {
  const server = await openServer(handler, { host: '127.0.0.1', port: 0, log });
  onTestFinished(() => server.stop());
  return server;
};

describe('asof serve', () => {
  it('prints its address once it is ready, and stops at SIGTERM', async () => {
    const data = await folder();
    const server = await serve(['--data', data, '--empty']);
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ status: 'ready', sequence: 0 });
    expect(server.output.stdout).toContain(`GraphiQL: ${server.url}/graphql\n`);
    expect(server.output.stdout).toContain('GET /user_status/');
    expect(await server.stop()).toBe(0);
  });

  it('imports the demo data at the first start only, and prints a query that works', async () => {
    const data = await folder();
    const first = await serve(['--data', data], 'main');
    const [, url = '', body = ''] =
      /curl -s (\S+) -H 'content-type: application\/json' -d '([^']+)'/.exec(first.output.stdout) ?? [];
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    expect(await answer.json()).toMatchObject({ data: { enrichedAggregate: { total: { sum: expect.any(String) } } } });
    const { sequence } = (await (await fetch(`${first.url}/readyz`)).json()) as { sequence: number };
    expect(sequence).toBeGreaterThan(6000);
    expect(await first.stop('SIGINT')).toBe(0);
    const second = await serve(['--data', data], 'main');
    expect(await (await fetch(`${second.url}/readyz`)).json()).toEqual({ status: 'ready', sequence });
    expect(await second.stop()).toBe(0);
    expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: `sound: ${sequence} records\n` });
  });

  it('imports no demo data with --empty', async () => {
    const server = await serve(['--data', await folder(), '--empty'], 'main');
    expect(await (await fetch(`${server.url}/readyz`)).json()).toEqual({ status: 'ready', sequence: 0 });
  });

  it('removes uploaded files that a killed process left, and none of a running one', async () => {
    const data = await folder();
    const uploads = join(data, 'uploads');
    await mkdir(uploads);
    const ended = spawn(process.execPath, ['-e', '']);
    await once(ended, 'exit');
    const [left, used, other] = [`${ended.pid}-${randomUUID()}`, `${process.pid}-${randomUUID()}`, 'notes.txt'];
    for (const name of [left, used, other]) await writeFile(join(uploads, name), 'user_id\n');
    await serve(['--data', data, '--empty']);
    expect((await readdir(uploads)).sort()).toEqual([used, other].sort());
  });

  it('names a port that is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void other.close());
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const { code, stdout, stderr } = await asof(['serve', '--data', await folder(), '--port', String(port)]);
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
    expect(stderr).toBe(`asof: port ${port} of 127.0.0.1 is in use; choose another with --port\n`);
  });
});

describe('openServer', () => {
  it('answers /readyz with 503 while the indices are being built', async () => {
    const app = createApp(readConfig({ data: ':memory:' }), { log });
    onTestFinished(() => app.close());
    const server = await opened(app.fetch);
    const statuses = () =>
      Promise.all(['healthz', 'readyz'].map(async (path) => (await fetch(`${server.url}/${path}`)).status));
    expect(await statuses()).toEqual([200, 503]);
    await app.start();
    expect(await statuses()).toEqual([200, 200]);
  });

  it('finishes pending requests and closes their connections when it stops', async () => {
    let finish = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let requests = 0;
    const server = await opened(async () => {
      requests += 1;
      await held;
      return new Response('done');
    });
    const answer = fetch(server.url);
    await expect.poll(() => requests).toBe(1);
    const stopped = server.stop();
    await delay(20);
    finish();
    const response = await answer;
    expect(response.headers.get('connection')).toBe('close');
    expect(await response.text()).toBe('done');
    await stopped;
    await expect(fetch(server.url)).rejects.toThrow();
  });

  it('does not wait for idle connections when it stops', async () => {
    const server = await opened(async () => new Response('done'));
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    await once(socket, 'connect');
    await (await fetch(server.url)).text();
    const startMs = performance.now();
    await server.stop();
    expect(performance.now() - startMs).toBeLessThan(drainMs);
    socket.destroy();
  });

  it('stops under load from keep-alive connections', async () => {
    const server = await opened(async () => new Response('done'));
    let running = true;
    let answers = 0;
    const clients = Array.from({ length: 8 }, async () => {
      while (running)
        await fetch(server.url).then(
          async (response) => {
            await response.text();
            answers += 1;
          },
          () => delay(5),
        );
    });
    await expect.poll(() => answers).toBeGreaterThan(50);
    const startMs = performance.now();
    await server.stop();
    expect(performance.now() - startMs).toBeLessThan(drainMs);
    running = false;
    await Promise.all(clients);
  });

  it('closes a request whose body does not arrive in time, but no response stream', async () => {
    const respond: FastRequest['respond'] = async (outgoing) => {
      outgoing.flushHeaders();
      return true;
    };
    const fastPath: FastPath = ({ url }) => (url === '/stream' ? { isStream: true, respond } : undefined);
    const options = { host: '127.0.0.1', port: 0, log, fastPath, requestTimeoutMs: 200 };
    // The handler answers one of them before its body has arrived.
    const handler: Handler = async ({ url, body }) => {
      if (!url.endsWith('/early')) await body?.pipeTo(new WritableStream());
      return new Response('done');
    };
    const server = await openServer(handler, options);
    onTestFinished(() => server.stop());
    const begin = (path: string) => {
      const request = httpRequest(`${server.url}${path}`, { method: 'POST', agent: false });
      request.on('response', (response) => response.resume().on('error', () => undefined));
      request.on('error', () => undefined).write('a');
      return request;
    };
    const stream = begin('/stream');
    const streamed = once(stream, 'response');
    for (const path of ['/late', '/early']) {
      const [socket] = (await once(begin(path), 'socket')) as [Socket];
      socket.on('error', () => undefined);
      await once(socket, 'close');
    }
    await streamed;
    expect(stream.destroyed).toBe(false);
    stream.destroy();
  });

  it('answers a request without a valid Host with 400', async () => {
    const server = await opened(async () => new Response('done'));
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.end('GET / HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n');
    const chunks: Buffer[] = [];
    for await (const chunk of socket) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(text).toContain('"code":"BAD_REQUEST"');
  });
});
