import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asof, folder, serve } from './asof-process.ts';

interface Listed {
  readonly id: number;
  readonly state: string;
  readonly target: string;
  readonly raw: string;
  readonly settledSequence: number | null;
}

/** A data folder with three rejected status changes and one rejected transaction. */
const filled = async () => {
  const root = await folder();
  const data = join(root, 'store');
  const importText = async (target: string, name: string, text: string) => {
    await writeFile(join(root, name), text);
    await asof(['import', target, join(root, name), '--data', data]);
  };
  const change = (user: string, status: string) => ({ user_id: user, created_at: '2025-01-01', status });
  const changes = [
    change('u-1', 'paying'),
    change('u-2', 'completed'),
    change('u-3', 'completed'),
    change('', 'paying'),
  ];
  await importText('user-status', 'changes.json', JSON.stringify(changes));
  await importText(
    'transactions',
    'shop.csv',
    'click_id,created_at,product_id,product_price,user_id\n1,2025-01-01,p,much,u-1',
  );
  const run = (...args: string[]) => asof(['rejects', ...args, '--data', data]);
  const listed = async (...args: string[]) => JSON.parse((await run('list', '--json', ...args)).stdout) as Listed[];
  return { data, run, listed };
};

const sound = async (data: string, records: number) =>
  expect(await asof(['verify', '--data', data])).toMatchObject({ code: 0, stdout: `sound: ${records} records\n` });

describe('asof rejects', () => {
  it('lists rejected records, the newest first', async () => {
    const { run, listed } = await filled();
    const { code, stdout } = await run('list');
    expect(code).toBe(0);
    const [transaction, raw, ...more] = stdout.trimEnd().split('\n');
    expect(transaction).toMatch(/^4 {2}OPEN {2}TRANSACTIONS {2}shop\.csv, line 2: product_price must be .*"much"$/);
    expect(raw).toBe('    1,2025-01-01,p,much,u-1');
    expect(more).toHaveLength(6);
    expect((await listed()).map(({ id }) => id)).toEqual([4, 3, 2, 1]);
    expect(await listed('--target', 'user-status', '--state', 'open')).toHaveLength(3);
    expect(await listed('--state', 'resolved')).toEqual([]);
    expect(await listed('--target', 'users')).toEqual([]);
    expect((await run('list', '--state', 'resolved')).stdout).toBe('');
  });

  it('stores a corrected record once', async () => {
    const { data, run, listed } = await filled();
    const csv = await run('retry', '4');
    expect(csv.code).toBe(1);
    expect(csv.stdout).toContain('1 tried = 0 stored, 0 duplicates, 0 discarded, 1 refused\n');
    expect(csv.stdout).toContain('rejected record 4: product_price must be');
    expect(csv.stdout).toContain(`asof rejects retry 4 --with '{"click_id": "…", "created_at": "…"`);
    const corrected = { click_id: 1, created_at: '2025-01-01', product_id: 'p', product_price: 9.5, user_id: 'u-1' };
    for (const _time of [1, 2])
      expect(await run('retry', '4', '--with', JSON.stringify(corrected))).toMatchObject({
        code: 0,
        stdout: '1 tried = 1 stored, 0 duplicates, 0 discarded, 0 refused\n',
      });
    expect((await listed())[0]).toMatchObject({ id: 4, state: 'RESOLVED', settledSequence: 2 });
    const other = await run('retry', '4', '--with', JSON.stringify({ ...corrected, product_price: 9 }), '--json');
    expect(other.code).toBe(1);
    expect(JSON.parse(other.stdout)).toMatchObject({ refused: 1, refusals: [{ id: 4, code: 'CONFLICT' }] });
    await sound(data, 2);
  });

  it('stores a corrected row of a CSV file', async () => {
    const { data, run } = await filled();
    const short = await run('retry', '4', '--with', '1,2025-01-01,p');
    expect(short).toMatchObject({ code: 1 });
    expect(short.stdout).toContain('the row has 3 cells, the header 5');
    expect(await run('retry', '4', '--with', '1,2025-01-01,p,9.5,u-1')).toMatchObject({ code: 0 });
    expect(await run('retry', '4', '--with', '1,2025-01-01,p,9.50,u-1')).toMatchObject({ code: 0 });
    await sound(data, 2);
  });

  it('retries all open records with mapped status words and prints those that stay open', async () => {
    const { data, run, listed } = await filled();
    const args = ['retry', '--all', '--target', 'user-status', '--map-status', 'completed=cancelled'];
    const first = await run(...args);
    expect(first.code).toBe(1);
    expect(first.stdout).toMatch(
      /^3 tried = 2 stored, 0 duplicates, 0 discarded, 1 refused\n {2}rejected record 3: user_id/,
    );
    const again = await run(...args, '--json');
    expect(JSON.parse(again.stdout)).toMatchObject({ tried: 1, stored: 0, refused: 1, refusals: [{ id: 3 }] });
    expect((await listed()).map(({ state }) => state)).toEqual(['OPEN', 'OPEN', 'RESOLVED', 'RESOLVED']);
    expect(await asof(['status', 'u-3', '2025-01-01', '--data', data])).toMatchObject({ stdout: 'cancelled\n' });
    await sound(data, 3);
  });

  it('discards records with a reason', async () => {
    const { data, run, listed } = await filled();
    expect(await run('discard', '3', '4', '--because', 'tests of the vendor')).toMatchObject({
      code: 0,
      stdout: '2 tried = 0 stored, 0 duplicates, 2 discarded, 0 refused\n',
    });
    expect((await listed('--state', 'discarded')).map(({ id }) => id)).toEqual([4, 3]);
    expect((await run('list', '--state', 'discarded')).stdout).toContain('because: tests of the vendor');
    const late = await run('retry', '3', '9', '1');
    expect(late.code).toBe(1);
    expect(late.stdout).toContain('3 tried = 0 stored, 0 duplicates, 0 discarded, 3 refused\n');
    expect(late.stdout).toContain('rejected record 3 is discarded');
    expect(late.stdout).toContain('no rejected record has the id 9');
    await sound(data, 1);
  });

  it('updates a server that runs on the same data folder', async () => {
    const { data, run } = await filled();
    const server = await serve(['--data', data, '--empty']);
    const corrected = { user_id: 'u-9', created_at: '2025-01-01', status: 'paying' };
    expect(await run('retry', '3', '--with', JSON.stringify(corrected))).toMatchObject({ code: 0 });
    const statusAt = async (): Promise<unknown> =>
      (await fetch(`${server.url}/user_status/u-9?date=2025-02-01`)).json();
    await expect.poll(statusAt).toEqual({ user_status: 'paying' });
    expect(await server.stop()).toBe(0);
  });

  it.each([
    [['list', '1']],
    [['list', '--all']],
    [['list', '--because', 'x']],
    [['list', '--state', 'lost']],
    [['list', '--target', 'nothing']],
    [['retry']],
    [['retry', '1', '--all']],
    [['retry', 'one']],
    [['retry', '0']],
    [['retry', '1', '2', '--with', '{}']],
    [['retry', '1', '--target', 'users']],
    [['retry', '--all', '--state', 'open']],
    [['discard', '1']],
    [['discard', '--because', 'x']],
    [['discard', '1', '--because', 'x', '--map-status', 'completed=cancelled']],
    [['mend', '1']],
  ])('refuses %j as wrong usage', async (args) => {
    const { code, stdout, stderr } = await asof(['rejects', ...args, '--data', await folder()]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n {4}at /);
  });
});
