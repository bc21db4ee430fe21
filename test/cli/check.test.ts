import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApp } from '../support/app.ts';
import { asof } from './asof-process.ts';

let data = '';

/** Events of as many users of an experiment; every third in B, or every second. */
const events = (experiment: string, everyNth: number): string =>
  Array.from({ length: 600 }, (_, place) =>
    JSON.stringify({
      experiment,
      user_id: `u${place}`,
      account_type: 'free',
      date: '2023-05-01',
      event_type: null,
      order_value: null,
      version: place % everyNth === 0 ? 'B' : 'A',
    }),
  ).join('\n');

const plan = (key: string) => `saveExperiment(input: {
  key: "${key}", startedAt: "2023-05-01", endedAt: "2023-06-01"
  allocation: [{ variant: "A", weight: 1 }, { variant: "B", weight: 1 }]
}) { __typename }`;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'asof-test-'));
  const opened = await openApp({ data });
  await opened.query(`mutation { a: ${plan('skewed')} b: ${plan('fair')} }`);
  await opened.close();
  const file = join(data, 'events.jsonl');
  await writeFile(file, `${events('skewed', 3)}\n${events('fair', 2)}`);
  const users = join(data, 'user_info.json');
  await writeFile(
    users,
    JSON.stringify(Array.from({ length: 600 }, (_, place) => ({ user_id: `u${place}`, country: 'SE', gender: null }))),
  );
  expect(await asof(['import', 'events', file, '--data', data])).toMatchObject({ code: 0 });
  expect(await asof(['import', 'users', users, '--data', data])).toMatchObject({ code: 0 });
});
afterAll(() => rm(data, { recursive: true, force: true }));

const check = (...args: string[]) => asof(['check', ...args, '--data', data]);

describe('asof check experiment', () => {
  it('says 0 of one that is deployed as planned, which is the one saved last', async () => {
    const fair = await check('experiment');
    expect(fair).toMatchObject({ code: 0, stderr: '' });
    expect(fair.stdout).toMatch(/^fair at \S+: HEALTHY\n {2}HEALTHY {2}/);
    expect(await check('experiment', 'fair', '--country', 'NO')).toMatchObject({
      code: 0,
      stderr: 'asof: there are no events of it in NO yet\n',
    });
  });

  it('says 1 of a broken one, and why', async () => {
    const skewed = await check('experiment', 'skewed', '--json');
    expect([skewed.code, skewed.stderr]).toEqual([1, '']);
    const [first] = JSON.parse(skewed.stdout).checks;
    expect(JSON.parse(skewed.stdout)).toMatchObject({ experiment: 'skewed', planned: true, verdict: 'BROKEN' });
    expect(first).toMatchObject({
      verdict: 'BROKEN',
      kind: 'SAMPLE_RATIO',
      message: expect.stringContaining('A 400, B 200'),
    });
    expect((await check('experiment', 'skewed')).code).toBe(1);
  });

  it('says 2 of what there is not', async () => {
    const unknown = {
      code: 2,
      stdout: '',
      stderr: 'asof: there is no experiment "nope": no plan and no event names it\n',
    };
    expect(await check('experiment', 'nope')).toEqual(unknown);
    for (const wrong of [[], ['market'], ['experiment', 'fair', 'more'], ['experiment', '--contry', 'SE']])
      expect((await check(...wrong)).code, wrong.join(' ')).toBe(2);
    expect((await asof(['check', 'experiment', '--data', join(data, 'none')])).code).toBe(3);
  });
});
