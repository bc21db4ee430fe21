import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenApp } from '../../support/app.ts';
import { demoApp } from '../../support/demo-app.ts';
import { drawUsers, minute, openScenario, shares } from '../../support/experiment-scenario.ts';

const report = `verdict sentence excludedUserCount returningUserCount deployment { country variant eventCount userCount share expectedShare }
  checks { __typename verdict message country } markets { country verdict userCount } snapshot { sequence }`;

interface Report {
  readonly verdict: string;
  readonly sentence: string;
  readonly snapshot: { readonly sequence: number };
}

const checkout = { key: 'checkout', startedAt: minute(0), allocation: shares({ A: 50, B: 50 }) };
const search = { key: 'search', startedAt: minute(0), allocation: shares({ C: 50, D: 50 }) };
const even = drawUsers(1, { count: 600, from: 0, weights: { A: 50, B: 50 }, prefix: 'even' });
const uneven = drawUsers(2, { count: 600, from: 0, weights: { C: 70, D: 30 }, prefix: 'uneven' });

/** An application whose users file lists the users of events. */
const openWithUsers = async (events: readonly { readonly user_id: string }[]) => {
  const scenario = await openScenario();
  const rows = events.map(({ user_id }) => `${user_id},SE,f`);
  await scenario.importFile('users', { name: 'users.csv', text: ['user_id,country,gender', ...rows, ''].join('\n') });
  return scenario;
};

const openTwo = async () => {
  const scenario = await openWithUsers([...even, ...uneven]);
  await scenario.save(checkout);
  await scenario.save(search);
  await scenario.send(even);
  await scenario.send(uneven);
  return scenario;
};

describe('the monitor of each experiment of a list', () => {
  it('is what the root field says of the experiment, with every argument', async () => {
    const { query } = await openTwo();
    for (const args of [
      '',
      '(country: "unknown")',
      '(where: { variants: ["C"] })',
      `(range: { between: { from: "${minute(100)}", to: "${minute(300)}" } }, timeZone: "Europe/Berlin")`,
      '(asOf: { sequence: 2100 })',
    ]) {
      const listed = await query<{ experiments: { key: string; monitor: Report }[] }>(
        `{ experiments { key monitor${args} { ${report} } } }`,
      );
      expect(listed.errors).toBeUndefined();
      expect(listed.data?.experiments.map(({ key }) => key)).toEqual(['search', 'checkout']);
      for (const { key, monitor } of listed.data?.experiments ?? []) {
        const rootArgs = `(experiment: "${key}"${args === '' ? '' : `, ${args.slice(1, -1)}`})`;
        const root = await query<{ monitor: Report }>(`{ monitor${rootArgs} { ${report} } }`);
        expect(monitor).toEqual(root.data?.monitor);
      }
    }
    const verdicts = await query(`{ experiments { key monitor { verdict } } }`);
    expect(verdicts.data).toEqual({
      experiments: [
        { key: 'search', monitor: { verdict: 'BROKEN' } },
        { key: 'checkout', monitor: { verdict: 'HEALTHY' } },
      ],
    });
  });

  it('of an experiment of a snapshot stays of that snapshot', async () => {
    const { query, send } = await openTwo();
    const document = `{ experiments(asOf: { sequence: 2100 }) { id key monitor { ${report} experiment { id } } } }`;
    const before = await query<{ experiments: { id: string; monitor: Report & { experiment: { id: string } } }[] }>(
      document,
    );
    await send(drawUsers(3, { count: 200, from: 700, weights: { C: 10, D: 90 }, prefix: 'later' }));
    expect((await query(document)).data).toEqual(before.data);
    for (const { id, monitor } of before.data?.experiments ?? []) {
      expect(monitor.snapshot.sequence).toBe(2100);
      expect(monitor.experiment.id).toBe(id);
      const node = await query<{ node: { monitor: Report } }>(
        `query ($id: ID!) { node(id: $id) { ... on Experiment { monitor { ${report} experiment { id } } } } }`,
        { id },
      );
      expect(node.data?.node.monitor).toEqual(monitor);
    }
  });

  it('counts as a scan of the facts', async () => {
    const { query } = await openScenario({ queryScansMax: '2' });
    const field = (name: string) => `${name}: monitor { verdict }`;
    const document = (names: string[]) => `{ experiments { ${names.map(field).join(' ')} } }`;
    expect((await query(document(['a', 'b']))).errors).toBeUndefined();
    expect((await query(document(['a', 'b', 'c']))).errors?.[0]?.message).toMatch(/queryScansMax/);
  });
});

describe('the verdict in one sentence', () => {
  let demo: OpenApp;
  beforeAll(async () => {
    demo = await demoApp();
  });
  afterAll(() => demo.close());

  const sentenceOf = async ({ query }: Pick<OpenApp, 'query'>, args = ''): Promise<string> => {
    const { data, errors } = await query<{ monitor: Report }>(`{ monitor${args} { sentence } }`);
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data.monitor.sentence;
  };

  it('names the market, the moment, the split and the segment that explains it', async () => {
    const sentence = await sentenceOf(demo, '(experiment: "checkout", country: "DE")');
    expect(sentence).toBe(
      'DE is BROKEN since 2025-10-07T20:22:12Z: B has 314 of 771 users where 50.0 % is planned; mostly account type paid.',
    );
    expect(await sentenceOf(demo, '(experiment: "checkout")')).toMatch(
      /^DE is BROKEN since 2025-10-07T20:22:12Z: .*account type paid\. \d+ more checks? (is|are) BROKEN\.$/,
    );
  });

  it('says of a healthy experiment how many users it has', async () => {
    const { save, send, query } = await openWithUsers(even);
    await save(checkout);
    await send(even);
    expect(await sentenceOf({ query })).toBe('HEALTHY: 600 users in 1 market split as planned.');
  });

  it('repeats the message of a check without a split, and counts the others', async () => {
    const { save, send, query } = await openScenario();
    await save({ ...checkout, markets: ['unknown', 'DE', 'FR'] });
    await send(even);
    expect(await sentenceOf({ query })).toBe('BROKEN: DE: planned, but there is no event. 1 more check is BROKEN.');
  });

  it('says why nothing can be said', async () => {
    const { save, send, query } = await openWithUsers(even);
    expect(await sentenceOf({ query })).toBe('NO_DATA: All markets: no event counts.');
    await save(checkout);
    await send(even.slice(0, 20));
    expect(await sentenceOf({ query })).toMatch(
      /^NOT_ENOUGH_DATA: All markets: 20 users split A \d+, B \d+, where 50.0 % \/ 50.0 % is planned; the test needs at least 100 users.$/,
    );
  });
});
