import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asof, folder, serve } from './asof-process.ts';

interface Checked {
  readonly experiment: string;
  readonly planned: boolean;
  readonly verdict: string;
  readonly sequence: number;
  readonly checks: readonly { readonly verdict: string; readonly kind: string; readonly country: string | null }[];
}

/** Every other two of them. */
const isSwedish = (user: number): boolean => user % 4 < 2;

/** Events of users, every fifth in B where the split is broken, one after the other. */
const eventLines = (count: number, isBroken: (user: number) => boolean): string =>
  Array.from({ length: count }, (_, user) => {
    const version = isBroken(user) ? (user % 5 === 0 ? 'B' : 'A') : user % 2 === 0 ? 'B' : 'A';
    const date = new Date(Date.UTC(2025, 0, 1) + user * 60_000).toISOString();
    return JSON.stringify({
      user_id: `u${user}`,
      account_type: 'free',
      date,
      event_type: 'view',
      order_value: null,
      version,
    });
  }).join('\n');

const usersText = (count: number): string =>
  JSON.stringify(
    Array.from({ length: count }, (_, user) => ({
      user_id: `u${user}`,
      country: isSwedish(user) ? 'SE' : 'DE',
      gender: null,
    })),
  );

/** A data folder with 800 users, of which those of SE are split 80/20 when it is broken. */
const filled = async (isBroken: boolean) => {
  const root = await folder();
  const data = join(root, 'store');
  await writeFile(join(root, 'users.json'), usersText(800));
  await writeFile(
    join(root, 'events.jsonl'),
    eventLines(800, (user) => isBroken && isSwedish(user)),
  );
  for (const [target, file] of [
    ['users', 'users.json'],
    ['events', 'events.jsonl'],
  ] as const)
    expect((await asof(['import', target, join(root, file), '--data', data])).code).toBe(0);
  return { data, check: (...args: string[]) => asof(['check', 'experiment', ...args, '--data', data]) };
};

describe('asof check experiment', () => {
  it('asof check experiment exits with 1 when the experiment is broken and prints the worst check first', async () => {
    const { check } = await filled(true);
    const { code, stdout, stderr } = await check();
    expect(code).toBe(1);
    expect(stderr).toBe('');
    const [first, worst] = stdout.split('\n');
    expect(first).toMatch(/^default at \S+Z: BROKEN$/);
    expect(worst).toMatch(/^ {2}BROKEN {2}(All markets|SE): \d+ users split .* \(sequential p = \S+\)\.$/);
    expect(stdout).toContain('assumed, because no plan is saved');

    const json = await check('default', '--json');
    expect(json.code).toBe(1);
    const checked = JSON.parse(json.stdout) as Checked;
    expect(checked).toMatchObject({ experiment: 'default', planned: false, verdict: 'BROKEN', sequence: 1600 });
    const broken = checked.checks.filter(({ verdict }) => verdict === 'BROKEN');
    expect(broken.map(({ kind, country }) => [kind, country])).toContainEqual(['SAMPLE_RATIO', 'SE']);
    expect(checked.checks.slice(0, broken.length)).toEqual(broken);

    const fine = await check('--country', 'DE', '--json');
    expect(fine.code).toBe(0);
    expect(JSON.parse(fine.stdout)).toMatchObject({ verdict: 'HEALTHY' });
  });

  it('asof check experiment exits with 0 when the experiment is healthy, also right after an import of old events and beside a server', async () => {
    const { data, check } = await filled(false);
    const alone = await check();
    expect(alone).toMatchObject({ code: 0, stderr: '' });
    expect(alone.stdout).toMatch(/^default at \S+Z: HEALTHY\n/);

    const server = await serve(['--data', data]);
    expect(await check()).toMatchObject({ code: 0 });
    const sent = await fetch(`${server.url}/events?summary=1`, {
      method: 'POST',
      body: eventLines(800, () => true).replace(/"u(\d)/g, '"late-u$1'),
    });
    expect(await sent.json()).toMatchObject({ created: 800 });
    const { code, stdout } = await check('--json');
    expect(code).toBe(1);
    expect((JSON.parse(stdout) as Checked).sequence).toBe(2400);
    expect(await server.stop()).toBe(0);
  });

  it('asof check experiment exits with 2 for wrong usage and with 3 for a failure', async () => {
    const root = await folder();
    expect((await asof(['check', '--data', root])).code).toBe(2);
    expect((await asof(['check', 'weather', '--data', root])).code).toBe(2);
    expect(await asof(['check', 'experiment', '--data', join(root, 'none')])).toMatchObject({ code: 3, stdout: '' });
    const { data, check } = await filled(false);
    const stderr = 'asof: there is no experiment "nope": no plan and no event names it\n';
    expect(await check('nope')).toEqual({ code: 2, stdout: '', stderr });
    for (const wrong of [
      ['default', 'more'],
      ['--contry', 'SE'],
      ['--where', 'color=red'],
      ['--where', 'account_type'],
      ['--where', 'account_type='],
      ['--where', 'user_status=happy'],
      ['--range', 'yesterday'],
      ['--range', '2025-02-01/2025-01-01'],
      ['--since-deploy', 'soon'],
      ['--since-deploy', '2025-01-01', '--range', 'P7D'],
    ])
      expect((await check(...wrong)).code).toBe(2);
    const without = await check('--country', 'NO');
    expect(without).toMatchObject({ code: 4, stderr: '' });
    expect(without.stdout).toContain('NO_DATA  NO: no event counts.');
    expect((await check('--where', 'account_type=none-of-these')).code).toBe(4);
    expect((await check('--since-deploy', '2099-01-01')).code).toBe(4);
    expect((await check('--range', 'PT1S')).code).toBe(5);
    // A user whom no users file lists is something to watch, but no split was tested.
    const stranger = join(root, 'stranger.jsonl');
    await writeFile(stranger, eventLines(1, () => false).replace('"u0"', '"stranger"'));
    expect((await asof(['import', 'events', stranger, '--data', data])).code).toBe(0);
    const watched = await check('--where', 'user_id=stranger');
    expect(watched.code).toBe(5);
    expect(watched.stdout).toMatch(/: WATCH\n/);
    expect((await check('--range', '2000-01-01/')).code).toBe(0);
  });
});
