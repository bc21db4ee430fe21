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

it('asof serve refuses to listen on a public address without keys, and listens with any key', async () => {
  const data = await folder();
  const refused = await asof(['serve', '--port', '0', '--host', '0.0.0.0', '--data', data]);
  expect(refused).toMatchObject({ code: 3, stdout: '' });
  expect(refused.stderr).toContain('asof keys add NAME --scope admin');
  expect(refused.stderr).toContain('ASOF_API_KEYS');
  const withSetting = await serve(['--host', '0.0.0.0', '--data', data, '--log-level', 'debug'], 'cli', {
    ASOF_API_KEYS: 'read:of-the-environment-0123456789',
  });
  expect([
    await ask(withSetting.url),
    await ask(withSetting.url, 'of-the-environment-0123456789'),
    await ask(withSetting.url, 'other'),
  ]).toEqual([401, 200, 401]);
  expect(await withSetting.stop()).toBe(0);
  expect(withSetting.output.stdout + withSetting.output.stderr).not.toContain('of-the-environment-0123456789');
  const { stdout: key } = await asof(['keys', 'add', 'first', '--scope', 'read', '--data', data]);
  const stored = await serve(['--host', '0.0.0.0', '--data', data]);
  expect([await ask(stored.url), await ask(stored.url, key.trim())]).toEqual([401, 200]);
  expect(stored.output.stdout).toContain('Requests need an API key');
  // Revoking the last key does not make the server public.
  await asof(['keys', 'revoke', 'first', '--data', data]);
  await expect.poll(() => ask(stored.url, key.trim())).toBe(401);
  expect(await ask(stored.url)).toBe(401);
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
