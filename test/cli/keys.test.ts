import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { asof, folder, serve } from './asof-process.ts';

const ask = async (url: string, key?: string): Promise<number> => {
  const headers = key === undefined ? {} : { 'x-api-key': key };
  return (await fetch(`${url}/user_status/u-1?date=2025-01-01`, { headers })).status;
};

it('asof keys adds, lists and revokes keys', async () => {
  const data = await folder();
  const added = await asof(['keys', 'add', 'reports', '--scope', 'read', '--data', data]);
  expect(added).toMatchObject({ code: 0, stdout: expect.stringMatching(/^asof_[\w-]{43}\n$/) });
  expect(added.stderr).toContain('only time');
  const json = await asof(['keys', 'add', 'shop', '--scope', 'read', '--scope', 'ingest', '--json', '--data', data]);
  expect(JSON.parse(json.stdout)).toEqual({
    name: 'shop',
    scopes: ['read', 'ingest'],
    key: expect.stringMatching(/^asof_/),
  });
  expect(await asof(['keys', 'add', 'shop', '--scope', 'read', '--data', data])).toMatchObject({ code: 3, stdout: '' });
  const listed = await asof(['keys', 'list', '--data', data]);
  expect(listed.stdout).toMatch(/^reports: read, created \S+Z\nshop: read, ingest, created \S+Z\n$/);
  const revoked = await asof(['keys', 'revoke', 'shop', '--data', data]);
  expect(revoked.stdout).toMatch(/^shop: read, ingest, created \S+, revoked \S+Z\n$/);
  expect((await asof(['keys', 'revoke', 'shop', '--data', data])).stdout).toBe(revoked.stdout);
  const all = await asof(['keys', 'list', '--json', '--data', data]);
  expect(JSON.parse(all.stdout)).toMatchObject([
    { name: 'reports', scopes: ['read'], revokedAt: null },
    { name: 'shop', scopes: ['read', 'ingest'], revokedAt: expect.stringMatching(/Z$/) },
  ]);
  for (const { stdout } of [listed, all]) expect(stdout).not.toContain('asof_');
  expect(await asof(['keys', 'revoke', 'nobody', '--data', data])).toMatchObject({ code: 3 });
  expect(await asof(['keys', 'list', '--data', `${data}/none`])).toMatchObject({ code: 3 });
});

it('asof serve makes the first key where other machines can reach it, and shows it once', async () => {
  const data = await folder();
  const first = await serve(['--host', '0.0.0.0', '--data', data, '--log-level', 'debug']);
  const [key = '', ...others] = first.output.stdout.match(/asof_[\w-]{43}/g) ?? [];
  expect(others).toEqual([]);
  expect(first.output.stdout).toContain('first-admin, with the scope admin');
  expect([await ask(first.url), await ask(first.url, key)]).toEqual([401, 200]);
  expect(await first.stop()).toBe(0);
  expect(first.output.stderr).not.toContain(key);
  const again = await serve(['--host', '0.0.0.0', '--data', data]);
  expect(again.output.stdout).not.toContain('asof_');
  expect([await ask(again.url), await ask(again.url, key)]).toEqual([401, 200]);
  const listed = await asof(['keys', 'list', '--data', data]);
  expect(listed.stdout).toMatch(/^first-admin: admin, created \S+Z\n$/);
});

it('asof serve makes no key where there is one, in the environment or in the store', async () => {
  const data = await folder();
  const secret = 'of-the-environment-0123456789';
  const withSetting = await serve(['--host', '0.0.0.0', '--data', data, '--log-level', 'debug'], 'cli', {
    ASOF_API_KEYS: `read:${secret}`,
  });
  const { url, output } = withSetting;
  expect([await ask(url), await ask(url, secret), await ask(url, 'other')]).toEqual([401, 200, 401]);
  expect(await withSetting.stop()).toBe(0);
  expect(output.stdout + output.stderr).not.toContain(secret);
  const { stdout: key } = await asof(['keys', 'add', 'first', '--scope', 'read', '--data', data]);
  const stored = await serve(['--host', '0.0.0.0', '--data', data]);
  expect([await ask(stored.url), await ask(stored.url, key.trim())]).toEqual([401, 200]);
  expect(stored.output.stdout).toContain('Requests need an API key');
  expect(stored.output.stdout).not.toContain('asof_');
  // Revoking the last key does not make the server public, and has to be confirmed.
  const refused = await asof(['keys', 'revoke', 'first', '--data', data]);
  expect(refused).toMatchObject({ code: 3, stdout: '', stderr: expect.stringContaining('--yes') });
  expect(await ask(stored.url, key.trim())).toBe(200);
  await asof(['keys', 'revoke', 'first', '--yes', '--data', data]);
  expect([await ask(stored.url), await ask(stored.url, key.trim())]).toEqual([401, 401]);
});

it('keys are added and revoked when the servers on the data folder have followed', async () => {
  const data = await folder();
  const servers = [await serve(['--data', data]), await serve(['--data', data, '--follow-ms', '1000'])];
  const { stdout: key } = await asof(['keys', 'add', 'first', '--scope', 'read', '--data', data]);
  for (const { url } of servers) expect([await ask(url), await ask(url, key.trim())]).toEqual([401, 200]);
  await asof(['keys', 'add', 'second', '--scope', 'read', '--data', data]);
  await asof(['keys', 'revoke', 'first', '--data', data]);
  for (const { url } of servers) expect(await ask(url, key.trim())).toBe(401);
  expect((await readdir(join(data, 'servers'))).length).toBe(2);
  for (const server of servers) expect(await server.stop()).toBe(0);
  expect(await readdir(join(data, 'servers'))).toEqual([]);
});

it('asof serve prints that a server without keys answers its own machine only, and requires keys once the first exists', async () => {
  const data = await folder();
  const server = await serve(['--data', data]);
  expect(server.output.stdout).toContain('no API keys');
  expect(await ask(server.url)).toBe(200);
  const { stdout: key } = await asof(['keys', 'add', 'first', '--scope', 'admin', '--data', data]);
  await expect.poll(() => ask(server.url)).toBe(401);
  expect(await ask(server.url, key.trim())).toBe(200);
});

it('asof serve does not print a malformed ASOF_API_KEYS', async () => {
  const { code, stderr } = await asof(['serve', '--data', await folder()], '', { ASOF_API_KEYS: 'my-secret' });
  expect(code).toBe(2);
  expect(stderr).toContain('ASOF_API_KEYS');
  expect(stderr).not.toContain('my-secret');
});

it('asof serve admits nobody with a weak key of the environment, says so, and is not open without one', async () => {
  const weak = { ASOF_API_KEYS: 'admin:image-test' };
  const local = await serve(['--data', await folder()], 'cli', weak);
  expect([await ask(local.url), await ask(local.url, 'image-test')]).toEqual([401, 401]);
  expect(local.output.stderr).toContain('cannot have 128 random bits');
  expect(await local.stop()).toBe(0);
  const reachable = await serve(['--host', '0.0.0.0', '--data', await folder()], 'cli', weak);
  const [key = ''] = reachable.output.stdout.match(/asof_[\w-]{43}/g) ?? [];
  expect([await ask(reachable.url, 'image-test'), await ask(reachable.url, key)]).toEqual([401, 200]);
  expect(await reachable.stop()).toBe(0);
});
