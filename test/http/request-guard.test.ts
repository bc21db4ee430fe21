import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';

const friend = 'https://app.example';

const opened = async () => {
  const app = await openApp({ settings: { allowedOrigins: `${friend},https://other.example` } });
  onTestFinished(app.close);
  return app;
};

it('lets pages of allowed origins call, and read the answer', async () => {
  const app = await opened();
  const preflight = await app.get('/graphql', {
    method: 'OPTIONS',
    headers: {
      origin: friend,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(friend);
  expect(preflight.headers.get('access-control-allow-headers')).toContain('content-type');
  const answer = await app.get('/graphql', {
    method: 'POST',
    headers: { origin: friend, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ server { version } }' }),
  });
  expect(answer.status).toBe(200);
  expect(answer.headers.get('access-control-allow-origin')).toBe(friend);
  const rest = await app.get('/user_status/1?date=2020-01-01', { headers: { origin: friend } });
  expect(rest.headers.get('access-control-allow-origin')).toBe(friend);
  expect(rest.headers.get('vary')).toContain('origin');
});

it('shows no answer to pages of other origins, and takes no writes from them', async () => {
  const app = await opened();
  const read = await app.get('/user_status/1?date=2020-01-01', { headers: { origin: 'https://evil.example' } });
  expect(read.headers.get('access-control-allow-origin')).toBeNull();
  for (const method of ['POST', 'OPTIONS', 'PUT'])
    expect((await app.get('/graphql', { method, headers: { origin: 'https://evil.example' } })).status).toBe(403);
});

it('collapses repeated slashes', async () => {
  const app = await opened();
  expect((await app.get('//user_status///1?date=2020-01-01')).status).toBe(200);
  expect((await app.get('//healthz')).status).toBe(200);
});

it('answers to no name but loopback ones while it listens on loopback', async () => {
  const app = await opened();
  const ask = (host: string) => app.app.fetch(new Request(`http://${host}/user_status/1?date=2020-01-01`));
  for (const host of ['localhost:4000', '127.0.0.1', '[::1]:4000', '127.8.8.8'])
    expect((await ask(host)).status, host).toBe(200);
  for (const host of ['evil.example', '192.168.0.7', 'localhost.evil.example'])
    expect((await ask(host)).status, host).toBe(403);
  const open = await openApp({ settings: { host: '0.0.0.0' } });
  onTestFinished(open.close);
  expect((await open.app.fetch(new Request('http://reports.example/healthz'))).status).toBe(200);
});
