import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';

const allowedOrigin = 'https://app.example';

const opened = async () => {
  const app = await openApp({ settings: { allowedOrigins: `${allowedOrigin},https://other.example` } });
  onTestFinished(app.close);
  return app;
};

it('pages of allowed origins can send requests and read the responses', async () => {
  const app = await opened();
  const preflight = await app.get('/graphql', {
    method: 'OPTIONS',
    headers: {
      origin: allowedOrigin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type, apollographql-client-name, traceparent',
    },
  });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(allowedOrigin);
  for (const name of ['content-type', 'x-api-key', 'last-event-id', 'apollographql-client-name', 'traceparent'])
    expect(preflight.headers.get('access-control-allow-headers')?.split(', ')).toContain(name);
  const response = await app.get('/graphql', {
    method: 'POST',
    headers: { origin: allowedOrigin, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ server { version } }' }),
  });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBe(allowedOrigin);
  const rest = await app.get('/user_status/1?date=2020-01-01', { headers: { origin: allowedOrigin } });
  expect(rest.headers.get('access-control-allow-origin')).toBe(allowedOrigin);
  expect(rest.headers.get('vary')).toContain('origin');
});

it('pages of other origins can neither read responses nor write', async () => {
  const app = await opened();
  const read = await app.get('/user_status/1?date=2020-01-01', { headers: { origin: 'https://evil.example' } });
  expect(read.headers.get('access-control-allow-origin')).toBeNull();
  for (const method of ['POST', 'OPTIONS', 'PUT'])
    expect((await app.get('/graphql', { method, headers: { origin: 'https://evil.example' } })).status).toBe(403);
});

it('repeated slashes in a path are collapsed', async () => {
  const app = await opened();
  expect((await app.get('//user_status///1?date=2020-01-01')).status).toBe(200);
  expect((await app.get('//healthz')).status).toBe(200);
});

it('a server bound to loopback accepts only loopback host names', async () => {
  const app = await opened();
  const fetchFrom = (host: string) => app.app.fetch(new Request(`http://${host}/user_status/1?date=2020-01-01`));
  for (const host of ['localhost:4000', '127.0.0.1', '[::1]:4000', '127.8.8.8'])
    expect((await fetchFrom(host)).status, host).toBe(200);
  for (const host of ['evil.example', '192.168.0.7', 'localhost.evil.example'])
    expect((await fetchFrom(host)).status, host).toBe(403);
  const open = await openApp({ settings: { host: '0.0.0.0' } });
  onTestFinished(open.close);
  expect((await open.app.fetch(new Request('http://reports.example/healthz'))).status).toBe(200);
});
