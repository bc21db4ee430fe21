import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asof, startAsof } from './asof-process.ts';

let data = '';

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asof-test-'));
  const ranges = join(data, 'ranges.json');
  const changes = join(data, 'changes.csv');
  await writeFile(ranges, '{"Berlin": [{"start": "10.0.0.0", "end": "10.0.0.255"}]}');
  await writeFile(changes, 'user_id,created_at,status\n0001,2025-01-01T10:00:00,paying\n');
  await asof(['import', 'ip-ranges', ranges, '--data', data]);
  await asof(['import', 'user-status', changes, '--data', data]);
});
afterAll(() => rm(data, { recursive: true, force: true }));

describe('asof status', () => {
  it.each([
    ['0001', '2025-01-01T10:00:00', 'paying'],
    ['0001', '2025-01-01T09:59:59.999999Z', 'non-paying'],
    ['1', '2025-06-01', 'non-paying'],
  ])('prints for user %s at %s the status %s', async (user, date, status) => {
    expect(await asof(['status', user, date, '--data', data])).toEqual({ code: 0, stdout: `${status}\n`, stderr: '' });
  });

  it('prints the status of an earlier snapshot', async () => {
    const statusAt = async (sequence: string) =>
      (await asof(['status', '0001', '2025-06-01', '--sequence', sequence, '--data', data])).stdout;
    expect([await statusAt('2'), await statusAt('3')]).toEqual(['non-paying\n', 'paying\n']);
  });

  it('prints JSON with --json', async () => {
    const { stdout } = await asof(['status', '0001', '2025-06-01', '--data', data, '--json']);
    expect(JSON.parse(stdout)).toEqual({ userId: '0001', date: '2025-06-01', status: 'paying' });
  });
});

describe('asof city', () => {
  it('prints only the city for one argument', async () => {
    expect(await asof(['city', '10.0.0.7', '--data', data])).toEqual({ code: 0, stdout: 'Berlin\n', stderr: '' });
  });

  it('prints one line per address for several arguments, with the addresses unchanged', async () => {
    const { stdout } = await asof(['city', '::ffff:10.0.0.7', '192.0.2.1', '--data', data]);
    expect(stdout).toBe('::ffff:10.0.0.7\tBerlin\n192.0.2.1\tunknown\n');
  });

  it('reads addresses from stdin, reports malformed lines and prints the cities of the others', async () => {
    const { code, stdout, stderr } = await asof(['city', '--data', data], '10.0.0.1\r\n\n10.0.0\n 10.0.0.2 ');
    expect(code).toBe(1);
    expect(stdout).toBe('10.0.0.1\tBerlin\n10.0.0.2\tBerlin\n');
    expect(stderr).toBe('asof: line 3: "10.0.0" is not an IPv4 or IPv6 address\n');
  });

  it('prints one JSON list with --json', async () => {
    const { stdout } = await asof(['city', '--json', '--data', data], '10.0.0.1\n192.0.2.1\n');
    expect(JSON.parse(stdout)).toEqual([
      { ip: '10.0.0.1', city: 'Berlin' },
      { ip: '192.0.2.1', city: 'unknown' },
    ]);
  });

  it('prints the city of an earlier snapshot, and refuses one that is not reached', async () => {
    // The range is record 1, its table record 2, the change of status record 3.
    const cityAt = (...options: string[]) => asof(['city', '10.0.0.7', ...options, '--data', data]);
    expect(await cityAt('--sequence', '1')).toEqual({ code: 0, stdout: 'unknown\n', stderr: '' });
    expect(await cityAt('--sequence', '2')).toEqual({ code: 0, stdout: 'Berlin\n', stderr: '' });
    expect(await cityAt('--known-at', '2020-01-01')).toEqual({ code: 0, stdout: 'unknown\n', stderr: '' });
    const { code, stderr } = await cityAt('--sequence', '99');
    expect(code).not.toBe(0);
    expect(stderr).toContain('sequence 99 is outside of the ledger, which ends at 3');
  });

  it('exits silently when the reader closes the pipe', async () => {
    const { child, output, closed } = startAsof(['city', '--data', data]);
    child.stdin.on('error', () => undefined).end('10.0.0.1\n'.repeat(200_000));
    child.stdout.once('data', () => child.stdout.destroy());
    expect(await closed).toBe(0);
    expect(output.stderr).toBe('');
  });
});
