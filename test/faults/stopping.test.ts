import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { asof, folder, type Server, serve } from '../cli/asof-process.ts';
import { csvOf, eventLines, eventText, graphql, json, readiness, send, storedIds, upload } from './requests.ts';

const start = (data: string, ...options: string[]): Promise<Server> => serve(['--data', data, '--empty', ...options]);

/** The start of a response; the rest is read later. */
const begin = async (url: string): Promise<IncomingMessage> => {
  const request = httpRequest(url, { agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response, 'readable');
  return response;
};

/** What is left of a response, and whether it is complete. */
const rest = async (response: IncomingMessage): Promise<{ text: string; isComplete: boolean }> => {
  let text = '';
  response.setEncoding('utf8');
  try {
    for await (const chunk of response) text += chunk as string;
  } catch {
    return { text, isComplete: false };
  }
  return { text, isComplete: response.complete };
};

describe('a server that is asked to stop', () => {
  it('says so by /readyz while it goes on to store records, then ends', async () => {
    const data = await folder();
    const server = await start(data, '--stop-delay-ms', '4000');
    const stopping = server.stop();
    await expect.poll(() => readiness(server.url)).toBe('503 NOT_READY');
    const answer = await send(`${server.url}/receive_event`, { headers: json, body: eventText('late') });
    expect(answer.status).toBe(200);
    expect(await stopping).toBe(0);
    expect(await storedIds(data)).toEqual(['late']);
  });

  it('ends at once at a second signal, also one of the other kind', async () => {
    const server = await start(await folder(), '--stop-delay-ms', '600000');
    server.child.kill('SIGTERM');
    await expect.poll(() => readiness(server.url)).toBe('503 NOT_READY');
    server.child.kill('SIGINT');
    await server.closed;
    expect(server.child.signalCode).toBe('SIGINT');
  });

  it('ends an import as INTERRUPTED; the same file again stores the rest', async () => {
    const data = await folder();
    // Some transactions of a thread that imports.
    const count = 100_000;
    const first = await start(data, '--stop-wait-ms', '0');
    await upload(first.url, 'EXPERIMENT_EVENTS', eventLines(count, 'i'), false);
    await expect
      .poll(async () => (await graphql(first.url, '{ imports(first: 1) { nodes { accepted } } }')).text)
      .toMatch(/"accepted":[1-9]/);
    expect(await first.stop()).toBe(0);
    const stored = (await storedIds(data)).length;
    const second = await start(data);
    const { text } = await graphql(
      second.url,
      '{ imports(first: 1) { nodes { state accepted failure { code message } } } }',
    );
    expect(text).toContain(`"state":"FAILED","accepted":${stored},"failure":{"code":"INTERRUPTED"`);
    expect(stored).toBeLessThan(count);
    expect((await upload(second.url, 'EXPERIMENT_EVENTS', eventLines(count, 'i'), true)).text).toContain('SUCCEEDED');
    expect(await second.stop()).toBe(0);
    expect(new Set(await storedIds(data)).size).toBe(count);
  });

  it('ends exports so that their clients notice', async () => {
    const server = await start(await folder(), '--stop-wait-ms', '100');
    const { url } = server;
    const body = csvOf(200_000);
    const stored = await send(`${url}/datasets/long?wait=1`, {
      method: 'PUT',
      headers: { 'content-type': 'text/csv' },
      body,
    });
    expect(stored.status).toBe(200);
    const lines = await begin(`${url}/datasets/long/export?_format=ndjson`);
    const csv = await begin(`${url}/datasets/long/export?_format=csv`);
    server.child.kill('SIGTERM');
    await expect.poll(() => readiness(url).catch(() => 'closed')).toBe('closed');
    const [ofLines, ofCsv] = await Promise.all([rest(lines), rest(csv)]);
    await server.closed;
    expect(ofCsv.isComplete).toBe(false);
    expect(ofLines.isComplete).toBe(false);
    const last = ofLines.text.trimEnd().split('\n').at(-1) ?? '';
    // A client that reads slowly may lose the line, too.
    if (last.startsWith('{"error"')) expect(last).toContain('NOT_READY');
  });
});

describe('a data folder of a newer version', () => {
  it('is neither written by a process that runs, nor opened by a new one', async () => {
    const data = await folder();
    const server = await start(data);
    const write = () => send(`${server.url}/receive_event`, { headers: json, body: eventText('a') });
    expect((await write()).status).toBe(200);
    const database = new Database(join(data, 'asof.sqlite'));
    database
      .prepare(
        "insert into __drizzle_migrations (hash, created_at) select 'newer', max(created_at) + 1 from __drizzle_migrations",
      )
      .run();
    database.close();
    await expect.poll(() => readiness(server.url)).toBe('503 OUTDATED');
    expect(await write()).toMatchObject({ status: 503, text: expect.stringContaining('OUTDATED') });
    expect((await graphql(server.url, '{ experimentEvents(first: 9) { totalCount } }')).text).toContain(
      '"totalCount":1',
    );
    expect(await server.stop()).toBe(0);
    for (const args of [['verify'], ['serve', '--port', '0'], ['datasets', 'list']])
      expect(await asof([...args, '--data', data])).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(/^asof: .*newer version of asof.*\n$/),
      });
  });
});
