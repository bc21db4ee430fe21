import { describe, expect, it } from 'vitest';
import {
  drawUsers,
  minute,
  openScenario,
  type ScenarioMonitor,
  shares,
  splitOf,
} from '../../support/experiment-scenario.ts';

const even = { A: 50, B: 50 };
const plan = { key: 'phases', startedAt: minute(0), allocation: shares(even) };
const sweden = drawUsers(21, { count: 1000, from: 0, weights: even, prefix: 'se' });
const germany = drawUsers(22, { count: 1000, from: 3000, weights: even, prefix: 'de' });

const openMarkets = async () => {
  const scenario = await openScenario();
  const rows = [...sweden, ...germany].map(({ user_id }) => `${user_id},${user_id.slice(0, 2).toUpperCase()},f`);
  await scenario.importFile('users', { name: 'users.csv', text: ['user_id,country,gender', ...rows, ''].join('\n') });
  return scenario;
};

const gapsOf = ({ checks }: ScenarioMonitor): string[] =>
  checks
    .filter(({ __typename, message }) => __typename === 'DeploymentGap' && message.includes('planned'))
    .map(({ verdict, message }) => `${verdict} ${message}`);

describe('the markets of phases', () => {
  it('a market of a phase that has not begun is not missing', async () => {
    const { save, send, monitor } = await openMarkets();
    await save({ ...plan, markets: ['SE'] });
    await save({ ...plan, markets: ['SE', 'DE'], allocationFrom: '2026-06-01T00:00:00Z' });
    await send(sweden);
    expect(gapsOf(await monitor())).toEqual([]);
  });

  it('a market that was planned lately is missing only by the users seen since then', async () => {
    const { save, send, monitor } = await openMarkets();
    await save({ ...plan, markets: ['SE'] });
    await save({ ...plan, markets: ['SE', 'DE'], allocationFrom: minute(950) });
    await send(sweden);
    expect(gapsOf(await monitor())).toEqual(['NOT_ENOUGH_DATA DE: planned, but there is no event.']);
    await send(sweden.map((event) => ({ ...event, user_id: `se-late-${event.user_id}`, date: minute(2000) })));
    expect(gapsOf(await monitor())).toContain('BROKEN DE: planned, but there is no event.');
  });

  it('markets that an earlier or later phase leaves open are planned', async () => {
    const { save, send, monitor } = await openMarkets();
    await save(plan);
    await save({ ...plan, markets: ['SE'], allocationFrom: minute(3500) });
    await send(sweden);
    await send(germany);
    expect(gapsOf(await monitor())).toEqual(['BROKEN DE: not planned, but 500 users (25.0 %) seen there.']);
    await save({ ...plan, markets: ['SE'], allocationFrom: minute(4000) });
    await save({ ...plan, allocationFrom: minute(3500) });
    expect(gapsOf(await monitor())).toEqual([]);
  });

  it('a market is not planned before the phase that adds it', async () => {
    const { save, send, monitor } = await openMarkets();
    await save({ ...plan, markets: ['SE'] });
    await save({ ...plan, markets: ['SE', 'DE'], allocationFrom: minute(3800) });
    await send(sweden);
    await send(germany);
    expect(gapsOf(await monitor())).toEqual(['BROKEN DE: not planned, but 800 users (40.0 %) seen there.']);
  });

  it('a plan that was corrected from its start on has nothing of before', async () => {
    const { save, send, monitor } = await openMarkets();
    await save({ ...plan, markets: ['SE', 'DE', 'FR'], allocation: shares({ old: 20, A: 50, B: 50 }) });
    await save({ ...plan, markets: ['SE', 'DE'], allocationFrom: minute(0) });
    await send(sweden);
    await send(germany);
    const found = await monitor();
    expect(found.deployment.map(({ country, variant }) => `${country} ${variant}`)).toEqual([
      'DE A',
      'DE B',
      'SE A',
      'SE B',
    ]);
    expect(gapsOf(found)).toEqual([]);
    expect(splitOf(found)?.observed?.map(({ variant }) => variant)).toEqual(['A', 'B']);
  });
});
