import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { fastAlerts } from '../support/alerts.ts';
import { openApp } from '../support/app.ts';
import { type HookServer, hookServer, keyOf, signatureFor } from '../support/hook-server.ts';
import { asof, folder, serve } from './asof-process.ts';

const eventually = <T>(read: () => T) => expect.poll(read, { timeout: 60_000, interval: 20 });

const fast = { ASOF_ALERT_EVERY_MS: fastAlerts.alertEveryMs, ASOF_ALERT_RETRY_MS: fastAlerts.alertRetryMs };

const header = 'user_id,account_type,date,event_type,order_value,version';

/** What another process does on the data folder of a server: this one, without judging or sending anything. */
const otherProcess = async (data: string) => {
  const { app, importFile, close } = await openApp({ data, start: false });
  onTestFinished(close);
  const { alerts } = app.domains;
  return {
    add: (url: string, secret?: string) =>
      alerts.add({ when: 'import.failed', url, format: 'json', secret }, { sentBy: null, refusesAddress: false }),
    /** Imports a file of events, fine or not. */
    async importEvents(isFine: boolean, name = 'events.csv'): Promise<void> {
      const text = isFine ? `${header}\nu,free,2023-05-01,view,,A\n` : 'nothing,of,this\n1,2,3\n';
      expect((await importFile('events', { name, text })).state).toBe(isFine ? 'SUCCEEDED' : 'FAILED');
    },
    deliveries: () => alerts.deliveries.page({}, { limit: 100, fromEnd: false }).rows.toReversed(),
    states(): string[] {
      return this.deliveries().map(({ state }) => state);
    },
  };
};

it('asof alerts adds, lists, tests and removes alerts, without a server and beside one', async () => {
  const data = join(await folder(), 'data');
  const hook = await hookServer();
  const on = ['--data', data];
  const add = await asof(['alerts', 'add', '--when', 'import.failed', '--url', hook.url, '--json', ...on]);
  expect(add.code).toBe(0);
  const added = JSON.parse(add.stdout) as { secret: string };
  expect(added).toMatchObject({ id: 1, event: 'import.failed', format: 'json', url: hook.url, target: null });
  expect(add.stderr).toContain('only time that the secret is shown');
  expect(add.stderr).toContain(`only a server with --alert-allow ${hook.host} sends there`);
  const slack = await asof([
    ...['alerts', 'add', '--when', 'rejects.rate', '--target', 'transactions', '--rate', '0.02', '--records', '500'],
    ...['--window', '15m', '--format', 'slack', '--url', 'https://hooks.slack.com/services/T/B/x', ...on],
  ]);
  expect(slack.stderr).toBe('');
  expect(slack.stdout).toMatch(
    /^2 {2}rejects\.rate, target TRANSACTIONS, above 2 %, from 500 records, in 900 s: slack to https:\/\/hooks\.slack\.com\/services\/T\/B\/x, added \S+Z\n$/,
  );
  const list = await asof(['alerts', 'list', ...on]);
  expect(list.stdout.split('\n').length).toBe(3);
  expect(list.stdout).not.toContain(added.secret);
  expect((await asof(['alerts', 'list', '--json', ...on])).stdout).not.toContain('whsec');

  const refused = await asof(['alerts', 'test', '1', ...on]);
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('FAILED  alert.test (test) of alert 1') });
  expect(refused.stdout).toContain('ADDRESS_NOT_ALLOWED');
  expect(hook.requests).toEqual([]);
  const tested = await asof(['alerts', 'test', '1', '--json', '--alert-allow', hook.host, ...on]);
  expect(tested.code).toBe(0);
  expect(JSON.parse(tested.stdout)).toMatchObject({ state: 'DELIVERED', attempts: 1, responseStatus: 204 });
  const [request] = hook.requests;
  if (!request) throw new Error('no request');
  expect(request.headers['webhook-signature']).toBe(signatureFor(request, keyOf(added.secret)));

  // The server sends the test, because only its settings allow the address.
  const server = await serve(['--data', data, '--alert-allow', hook.host], 'cli', fast);
  hook.answers.push({ status: 500 });
  expect(await asof(['alerts', 'test', '1', ...on])).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('status 500'),
  });
  expect((await asof(['alerts', 'test', '1', ...on])).code).toBe(0);
  expect(hook.requests.length).toBe(3);
  expect(JSON.parse(hook.requests[2]?.body ?? '')).toMatchObject({
    type: 'alert.test',
    data: { link: expect.stringContaining('http://127.0.0.1:4000/graphql?query=') },
  });

  // An import by another process is reported by the server.
  const path = join(data, '..', 'events.csv');
  await writeFile(path, 'nothing,of,this\n1,2,3\n');
  expect((await asof(['import', 'events', path, ...on])).code).toBe(1);
  await eventually(() => hook.requests.length).toBe(4);
  expect(hook.messages()[3]?.data.link).toContain(`${server.url}/graphql?query=`);
  const removed = await asof(['alerts', 'remove', '1', ...on]);
  expect(removed.stdout).toMatch(
    /^1 {2}import\.failed: json to http:\/\/127\.0\.0\.1:\d+\/…, added \S+Z, removed \S+Z\n$/,
  );
  expect((await asof(['alerts', 'remove', '1', ...on])).stdout).toBe(removed.stdout);
  expect(await asof(['alerts', 'test', '1', ...on])).toMatchObject({ code: 2 });
  expect(await server.stop()).toBe(0);
});

it('wrong use of asof alerts exits with 2 and says what to do', async () => {
  const data = join(await folder(), 'data');
  const wrong: readonly (readonly [string, ...string[]])[] = [
    ['needs --when and --url', 'add', '--when', 'import.failed'],
    ['records must be a whole number', 'add', '--when', 'rejects.rate', '--records', '0', '--url', 'https://e.com/'],
    ['needs the number', 'test'],
    ['--url is for alerts add', 'list', '--url', 'https://example.com/'],
  ];
  for (const [message, ...args] of wrong) {
    const { code, stderr } = await asof(['alerts', ...args, '--data', data]);
    expect([args, code, stderr]).toEqual([args, 2, expect.stringContaining(message)]);
  }
  await asof(['alerts', 'add', '--when', 'sync.failed', '--url', 'https://example.com/', '--data', data]);
  expect(await asof(['alerts', 'remove', '7', '--data', data])).toMatchObject({ code: 3 });
  expect(await asof(['alerts', 'list', '--data', join(data, 'none')])).toMatchObject({ code: 3 });
});

/** A server that is killed whenever the hook receives a request, before it is answered or after. */
const killedServer = async (hook: HookServer, data: string) => {
  const server = await serve(['--data', data, '--alert-allow', hook.host], 'cli', fast);
  const killed = async (): Promise<void> => {
    server.child.kill('SIGKILL');
    await server.closed;
  };
  return { ...server, killed };
};

it('every change is delivered at least once through kill -9: before the change is stored, while it is sent, and after', async () => {
  const data = join(await folder(), 'data');
  const hook = await hookServer();
  const other = await otherProcess(data);
  await other.add(hook.url, 'plain text');

  // Before a server has seen the change: the import ends without one.
  await other.importEvents(false);
  // While it is sent: the hook has the request and never answers.
  hook.answers.push('silent');
  const first = await killedServer(hook, data);
  await eventually(() => hook.requests.length).toBe(1);
  await first.killed();
  expect(other.deliveries()).toMatchObject([{ state: 'PENDING', attempts: 1 }]);

  // The hook answers, and the server is killed before or while it stores that.
  const second = await killedServer(hook, data);
  hook.onRequest = () => void second.child.kill('SIGKILL');
  await second.closed;
  hook.onRequest = undefined;
  expect(hook.requests.length).toBe(2);

  // Nothing is lost, and the repeats have the same id and body.
  const third = await killedServer(hook, data);
  await eventually(() => hook.requests.length).toBeGreaterThanOrEqual(3);
  await eventually(() => other.states()).toEqual(['DELIVERED']);
  // Between two changes.
  await third.killed();
  await other.importEvents(true);
  await other.importEvents(false);
  const count = hook.requests.length;
  const fourth = await killedServer(hook, data);
  await eventually(() => hook.requests.length).toBe(count + 2);
  await eventually(() => other.states()).toEqual(Array.from({ length: 3 }, () => 'DELIVERED'));
  expect(await fourth.stop()).toBe(0);
  const fifth = await killedServer(hook, data);
  await fifth.killed();

  expect(hook.messages().map(({ data: { state, subject } }) => `${subject.replace(/ .*\//, ' ')} ${state}`)).toEqual([
    'EXPERIMENT_EVENTS events.csv BROKEN',
    'EXPERIMENT_EVENTS events.csv OK',
    'EXPERIMENT_EVENTS events.csv BROKEN',
  ]);
  expect(hook.requests.length).toBe(count + 2);
  for (const request of hook.requests)
    expect(request.headers['webhook-signature']).toBe(signatureFor(request, Buffer.from('plain text')));
  const bodies = new Map<unknown, string>();
  for (const { headers, body } of hook.requests) {
    expect(body).toBe(bodies.get(headers['webhook-id']) ?? body);
    bodies.set(headers['webhook-id'], body);
  }
  expect((await asof(['verify', '--data', data])).code).toBe(0);
});

/** More are run by hand: `KILL_ROUNDS=20 npx vitest run test/cli/alerts.test.ts -t again`. */
const rounds = Number(process.env.KILL_ROUNDS ?? 4);

it('a server killed again and again at random moments loses no change and repeats none under another id', {
  timeout: 30_000 * (rounds + 2),
}, async () => {
  const data = join(await folder(), 'data');
  const hook = await hookServer();
  const other = await otherProcess(data);
  await other.add(hook.url);
  for (let round = 0; round < rounds; round++) {
    const server = await killedServer(hook, data);
    await other.importEvents(round % 2 === 1);
    // A different moment in each round, from before the evaluation to after the delivery.
    await new Promise((resolve) => setTimeout(resolve, (round * 37) % 150));
    await server.killed();
  }
  const last = await serve(['--data', data, '--alert-allow', hook.host], 'cli', fast);
  await eventually(() => hook.messages().map(({ data: { state } }) => state)).toEqual(
    Array.from({ length: rounds }, (_, round) => (round % 2 === 1 ? 'OK' : 'BROKEN')),
  );
  await eventually(() => other.states()).toEqual(Array.from({ length: rounds }, () => 'DELIVERED'));
  expect(await last.stop()).toBe(0);
});

it('two servers on one data folder send each message once', async () => {
  const data = join(await folder(), 'data');
  const hook = await hookServer();
  const other = await otherProcess(data);
  await other.add(hook.url);
  const servers = [await killedServer(hook, data), await killedServer(hook, data)];
  for (const name of ['a.csv', 'b.csv', 'c.csv']) await other.importEvents(false, name);
  await eventually(() => other.states()).toEqual(Array.from({ length: 3 }, () => 'DELIVERED'));
  expect(hook.requests.length).toBe(3);
  expect(hook.messages().length).toBe(3);
  for (const server of servers) expect(await server.stop()).toBe(0);
});
