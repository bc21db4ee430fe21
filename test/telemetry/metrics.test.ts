import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { openServer } from '../../src/http/server.ts';
import { fixture, type OpenOptions, openApp } from '../support/app.ts';
import { type Sample, samplesOf } from '../support/metrics.ts';

const opened = async (options: OpenOptions = {}) => {
  const app = await openApp(options);
  onTestFinished(app.close);
  const log = pino({ level: 'silent' });
  const { fetch: respond, fastPath, observe } = app.app;
  const server = await openServer(respond, { host: '127.0.0.1', port: 0, log, fastPath, observe });
  onTestFinished(() => server.stop());
  const post = (body: unknown) =>
    fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((response) => response.json());
  const samples = async () => samplesOf(await (await fetch(`${server.url}/metrics`)).text());
  return { ...app, server, post, samples };
};

const sampleValue = (samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}) =>
  samples
    .filter((sample) => sample.name === name)
    .find((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))?.value;

it('requests are counted by the pattern of their path, and never by the path', async () => {
  const { server, samples } = await opened();
  for (const path of [
    '/user_status/anna?date=2021-01-01',
    '/user_status/bert?date=2021-01-01',
    '/nowhere/anna',
    '//healthz/',
  ])
    await (await fetch(server.url + path)).text();
  const found = (await samples()).filter(({ name }) => name === 'asof_http_request_duration_seconds_count');
  const counts = Object.fromEntries(found.map(({ labels, value }) => [`${labels.route} ${labels.outcome}`, value]));
  expect(counts).toEqual({ '/user_status/{user_id} ok': 2, 'other refused': 1, '/healthz ok': 1 });
});

it('operations are counted by their root field, by their outcome, and up to a number of names', async () => {
  const { post, samples } = await opened({ settings: { metricOperationsMax: '2' } });
  await post({ query: 'query Anna { server { version } }' });
  await post({ query: 'query Bert { server { version } viewer { name } }' });
  await post({ query: '{ viewer { name } }' });
  await post({ query: '{ nonsense }' });
  await post({ query: 'query ($n: Int!) { imports(first: $n) { nodes { id } } }' });
  await post({ query: '{ imports(first: 1) { nodes { id } } }' });
  const found = (await samples()).filter(({ name }) => name === 'asof_graphql_operation_duration_seconds_count');
  const counts = Object.fromEntries(found.map(({ labels, value }) => [`${labels.operation} ${labels.outcome}`, value]));
  expect(counts).toEqual({
    'server ok': 1,
    'several ok': 1,
    'viewer ok': 1,
    'other ok': 1,
    'none GRAPHQL_VALIDATION_FAILED': 1,
    'none BAD_USER_INPUT': 1,
  });
});

it('a stream of events is counted as one, and an answer to a client that would accept one is not', async () => {
  const { server, samples } = await opened();
  const ask = async (query: string) => {
    const leaving = new AbortController();
    const response = await fetch(`${server.url}/graphql?${new URLSearchParams({ query })}`, {
      headers: { accept: 'text/event-stream, application/json' },
      signal: leaving.signal,
    });
    const [type = ''] = (response.headers.get('content-type') ?? '').split(';');
    leaving.abort();
    return type;
  };
  expect(await ask('subscription { changes { kinds } }')).toBe('text/event-stream');
  const headers = { accept: 'application/json, text/event-stream', 'content-type': 'application/json' };
  const body = JSON.stringify({ query: '{ __typename }' });
  await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).text();
  await expect
    .poll(async () => (await samples()).filter(({ name }) => name === 'asof_http_streams_total'))
    .toMatchObject([{ labels: { route: '/graphql', outcome: 'left' }, value: 1 }]);
  const counts = (await samples()).filter(({ name }) => name === 'asof_http_request_duration_seconds_count');
  expect(sampleValue(counts, 'asof_http_request_duration_seconds_count', { method: 'POST' })).toBe(1);
});

it('a client that leaves is no error', async () => {
  const { server, samples } = await opened();
  const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
  const { host } = new URL(server.url);
  const type = 'content-type: application/json';
  socket.write(`POST /graphql HTTP/1.1\r\nhost: ${host}\r\n${type}\r\ncontent-length: 99\r\n\r\n{`);
  await delay(100);
  socket.destroy();
  await expect
    .poll(async () => (await samples()).filter(({ labels }) => labels.outcome === 'left').length)
    .toBeGreaterThan(0);
  expect((await samples()).filter(({ labels }) => labels.outcome === 'failed')).toEqual([]);
});

it('metrics show the ledger, its indices, writes, imports, rejects and the process', async () => {
  const { importFile, post, samples } = await opened({ onDisk: true });
  await importFile('user-status', fixture('status-changes.json'));
  await importFile('transactions', { name: 'faulty.jsonl', text: '{}\n' });
  await post({ query: '{ imports(first: 5) { nodes { id source } } }' });
  const found = await samples();
  expect(sampleValue(found, 'asof_ready')).toBe(1);
  expect(sampleValue(found, 'asof_index_lag_records')).toBe(0);
  expect(sampleValue(found, 'asof_imports', { state: 'RUNNING' })).toBe(0);
  expect(sampleValue(found, 'asof_write_queue_length')).toBe(0);
  for (const name of [
    ...['asof_commit_duration_seconds_count', 'asof_writes_total', 'asof_store_bytes', 'asof_index_bytes'],
    ...['asof_sql_statement_duration_seconds_count', 'process_resident_memory_bytes', 'process_cpu_seconds_total'],
  ])
    expect([name, (sampleValue(found, name) ?? 0) > 0]).toEqual([name, true]);
  expect(sampleValue(found, 'nodejs_eventloop_lag_seconds', { quantile: '0.99' })).toBeGreaterThanOrEqual(0);
});

it('metrics need a key of scope read where keys are in use, and are not stored', async () => {
  const app = await openApp({
    settings: { apiKeys: `read:${'r-key-of-a-test-0123456789'},ingest:${'i-key-of-a-test-0123456789'}` },
  });
  onTestFinished(app.close);
  const answerOf = (key?: string) => app.get('/metrics', { headers: key ? { 'x-api-key': key } : {} });
  expect((await answerOf()).status).toBe(401);
  expect((await answerOf('i-key-of-a-test-0123456789')).status).toBe(403);
  const answer = await answerOf('r-key-of-a-test-0123456789');
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
});
