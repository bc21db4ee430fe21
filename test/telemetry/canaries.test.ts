import { mkdir, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { newApiKey } from '../../src/lib/api-key.ts';
import { folder, serve } from '../cli/asof-process.ts';
import { openOtlpReceiver } from '../support/otlp-receiver.ts';

/** What must reach neither the log nor metrics nor traces. */
const canaries = {
  user: 'canary-user-7f3a',
  email: 'canary.7f3a@example.com',
  ip: '198.51.100.237',
  ip6: '2001:db8:7f3a::1',
  key: newApiKey(),
  name: 'Canary7f3aName',
};
const all = Object.values(canaries);

/** Sends a request whose parts all have canaries; resolves when it has ended, however it does. */
const send = (url: string, path: string, { method = 'GET', type = 'application/json', body = '' } = {}) =>
  new Promise<void>((resolve) => {
    const headers = {
      'content-type': type,
      'content-length': Buffer.byteLength(body),
      'x-api-key': canaries.key,
      'x-request-id': canaries.email,
      'x-forwarded-for': canaries.ip,
      'user-agent': canaries.name,
      cookie: `id=${canaries.user}`,
      referer: `http://127.0.0.1/${canaries.user}`,
      'idempotency-key': canaries.user,
      'last-event-id': canaries.user,
      traceparent: `00-${canaries.name}-b7ad6b7169203331-01`,
      tracestate: `asof=${canaries.user}`,
    };
    const sent = httpRequest(url + encodeURI(path), { method, headers }, (response) => {
      response.resume().on('close', () => resolve());
    });
    sent.on('error', () => resolve());
    sent.end(body);
  });

const graphqlBodies = () => {
  const { user, email, ip, name } = canaries;
  const documents = [
    [`query ${name} { userStatus(userId: "${user}", date: "2021-01-01T00:00:00Z") { status } }`, {}],
    ['query ($id: String!) { userStatus(userId: $id, date: "2021-01-01T00:00:00Z") { status } }', { id: user }],
    ['query ($id: Int!) { imports(first: $id) { nodes { id } } }', { id: email }],
    [`{ ${name} }`, {}],
    [`{ ipCity(ip: "${ip}") { city } }`, {}],
    [`{ ${name}: viewer { name } # ${email}`, {}],
    [
      'mutation ($c: [StatusChangeInput!]!) { recordStatusChanges(input: { changes: $c }) { __typename } }',
      { c: [{ userId: user, status: 'PAYING', effectiveAt: email }] },
    ],
  ] as const;
  return [
    ...documents.map(([query, variables]) => JSON.stringify({ query, variables, operationName: null })),
    JSON.stringify({ query: '{ __typename }', operationName: name }),
    JSON.stringify({ documentId: user }),
    `{"${user}`,
  ];
};

it('no user id, e-mail or network address, key or file name reaches the log, metrics or traces', async () => {
  const receiver = await openOtlpReceiver();
  const data = await folder();
  const { user, email, ip, ip6, name } = canaries;
  const drop = join(await folder(), 'drop');
  await mkdir(join(drop, 'user-status'), { recursive: true });
  const lake = join(await folder(), 'lake', 'source_data');
  await mkdir(lake, { recursive: true });
  await writeFile(join(lake, `${user}.csv`), `user_id,name\n"${email}`);
  await writeFile(join(lake, `${user}.png`), ip);
  await writeFile(join(lake, `${name}.csv`), `${email},${ip}\n`);
  const settings = [
    ...['--data', data, '--log-level', 'trace', '--log-sql', '--watch-folder', drop],
    ...['--user-files', lake, '--alert-allow', '127.0.0.1:9'],
  ];
  const server = await serve(settings, 'cli', { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
  const { url } = server;
  await writeFile(
    join(drop, 'user-status', `${user}.csv`),
    `user_id,created_at,status\n${user},${email},paying\n"${ip}`,
  );
  for (const path of [
    `/user_status/${user}?date=${email}`,
    `/user_status/${user}?date=2021-01-01`,
    ...[`/ip_city/${ip}`, `/ip_city/${ip6}`, `/monitor/${name}`, `/datasets/${user}`, `/nowhere/${user}/${email}`],
    ...[`/${user}`, `/graphql?query={${name}}`, `/healthz?${user}=${email}`, `/output/${name}`],
  ])
    await Promise.all(['GET', 'DELETE'].map((method) => send(url, path, { method })));
  await Promise.all(graphqlBodies().map((body) => send(url, '/graphql', { method: 'POST', body })));
  const event = { user_id: user, account_type: 'free', date: email, event_type: name, order_value: ip, version: 'A' };
  await send(url, '/receive_event', { method: 'POST', body: JSON.stringify(event) });
  await send(url, '/receive_events', {
    method: 'POST',
    type: 'application/x-ndjson',
    body: `${JSON.stringify(event)}\n{${user}`,
  });
  await send(url, `/datasets/${user}?source=${name}`, {
    method: 'PUT',
    type: 'text/csv',
    body: `${name},ip\n${user},${ip}\n`,
  });
  await send(url, '/sql', {
    method: 'POST',
    body: JSON.stringify({ query: `select '${user}' as ${name} from ${name}` }),
  });
  const boundary = `b${name}`;
  const part = `--${boundary}\r\ncontent-disposition: form-data; name="0"; filename="${user}.csv"\r\n\r\n${email}\r\n--${boundary}--\r\n`;
  await send(url, '/graphql', { method: 'POST', type: `multipart/form-data; boundary=${boundary}`, body: part });
  for (const link of [`http://${ip}/${user}?token=${name}`, `http://127.0.0.1:9/${user}.csv`])
    await send(url, '/datasets', { method: 'POST', body: JSON.stringify({ url: link, name: user }) });
  const alert = { when: 'IMPORT_FAILED', url: `http://127.0.0.1:9/${user}?token=${name}` };
  const added = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: 'mutation ($input: AddAlertInput!) { addAlert(input: $input) { __typename ... on Error { message } } }',
      variables: { input: alert },
    }),
  });
  expect(await added.json()).toMatchObject({ data: { addAlert: { __typename: 'AddAlertPayload' } } });
  await writeFile(join(drop, 'user-status', `${name}.csv`), `${user}\n"${email}`);
  const { port, host } = new URL(url);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => {
      socket.write(
        `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\ncontent-length: 999\r\n\r\n{"${user}`,
      );
      setTimeout(() => socket.destroy(), 100);
    });
    socket.on('close', () => resolve());
  });
  await expect
    .poll(() => server.output.stderr, { timeout: 60_000 })
    .toMatch(/watched folder[\s\S]*an attempt to deliver an alert ended/);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(await server.stop()).toBe(0);
  const traces = receiver.text();
  const log = server.output.stderr;

  for (const line of log.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow();
  expect(traces).toContain('POST /graphql');
  for (const [where, text] of Object.entries({ log, metrics, traces }))
    for (const canary of all) {
      const position = text.indexOf(canary);
      expect([where, canary, position < 0 ? '' : text.slice(Math.max(0, position - 300), position + 200)]).toEqual([
        where,
        canary,
        '',
      ]);
    }
  const levels = log
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: number; msg: string });
  expect(levels.filter(({ level }) => level >= 50)).toEqual([]);
}, 180_000);
