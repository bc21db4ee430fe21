import { expect, it } from 'vitest';
import { minute, openScenario, type ScenarioEvent, shares } from '../../support/experiment-scenario.ts';

const day = 1440;
const event = (version: string, minutes: number, more: object = {}): ScenarioEvent => ({
  user_id: `u${minutes}`,
  version,
  date: minute(minutes),
  ...more,
});

it('saveExperiment keeps earlier allocations as phases, and a time in the past corrects them', async () => {
  const { save } = await openScenario();
  const plan = { key: 'k', startedAt: minute(0), endedAt: minute(100 * day) };
  const saved = await save({ ...plan, allocation: shares({ A: 90, B: 10 }) });
  expect(saved.experiment.phases).toMatchObject([{ from: plan.startedAt, to: plan.endedAt }]);
  const ramped = await save({ ...plan, allocation: shares({ A: 50, B: 50 }), allocationFrom: minute(3 * day) });
  expect(ramped.experiment.phases).toMatchObject([
    { from: minute(0), to: minute(3 * day), allocation: [{ weight: 90 }, { weight: 10 }] },
    { from: minute(3 * day), to: minute(100 * day), allocation: [{ weight: 50 }, { weight: 50 }] },
  ]);
  // The first phase was planned wrongly: only it changes.
  const corrected = await save({ ...plan, allocation: shares({ A: 95, B: 5 }), allocationFrom: minute(0) });
  expect(corrected.experiment.phases).toMatchObject([
    { from: minute(0), to: minute(3 * day), allocation: [{ weight: 95 }, { weight: 5 }] },
    { from: minute(3 * day), to: minute(100 * day), allocation: [{ weight: 50 }, { weight: 50 }] },
  ]);
  // Without a time the allocation is in force from now on.
  const now = await save({ ...plan, allocation: shares({ A: 1, B: 3 }) });
  expect(now.experiment.phases.at(-1)).toMatchObject({ from: '2026-03-01T00:00:00Z', to: plan.endedAt });
  expect(now.experiment.allocation).toMatchObject([{ weight: 1 }, { weight: 3 }]);
  expect(now.experiment.phases).toHaveLength(3);
});

it('saveExperiment begins no phase where nothing changes, so that a later correction is not cut off', async () => {
  const { save } = await openScenario();
  const allocation = shares({ A: 90, B: 10 });
  await save({ key: 'k', startedAt: minute(0), allocation });
  // Only the end changes.
  await save({ key: 'k', startedAt: minute(0), endedAt: minute(90 * day), allocation });
  const { experiment } = await save({
    ...{ key: 'k', startedAt: minute(0), endedAt: minute(90 * day) },
    ...{ allocation: shares({ A: 80, B: 20 }), allocationFrom: minute(0) },
  });
  expect(experiment.phases).toMatchObject([
    { from: minute(0), to: minute(90 * day), allocation: [{ weight: 80 }, {}] },
  ]);
});

it('saveExperiment replaces the allocation of a draft and of a plan that starts later', async () => {
  const { save } = await openScenario();
  await save({ key: 'k', allocation: shares({ A: 1, B: 1 }) });
  const draft = await save({ key: 'k', allocation: shares({ A: 2, B: 1 }) });
  expect(draft.experiment).toMatchObject({ startedAt: null, phases: [{ from: null, to: null }] });
  await save({ key: 'k', startedAt: '2026-04-01T00:00:00Z', allocation: shares({ A: 3, B: 1 }) });
  const later = await save({ key: 'k', startedAt: '2026-04-02T00:00:00Z', allocation: shares({ A: 4, B: 1 }) });
  expect(later.experiment.phases).toMatchObject([
    { from: '2026-04-02T00:00:00Z', to: null, allocation: [{ weight: 4 }, {}] },
  ]);
});

it('facts as of an earlier sequence are assigned by the plans of then', async () => {
  const { save, send, query } = await openScenario();
  await save({ key: 'k', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
  await send([event('A', 10), event('B', 11)]);
  const document = `query ($sequence: BigInt) {
    enrichedAggregate(source: EXPERIMENT_EVENTS, groupBy: [EXPERIMENT], asOf: { sequence: $sequence }) {
      snapshot { sequence } nodes { key { experiment } measures { count } } } }`;
  interface Groups {
    snapshot: { sequence: number };
    nodes: { key: { experiment: string }; measures: { count: number } }[];
  }
  const groups = async (sequence?: number): Promise<Groups> => {
    const { data, errors } = await query<{ enrichedAggregate: Groups }>(document, { sequence });
    expect(errors).toBeUndefined();
    return (data as { enrichedAggregate: Groups }).enrichedAggregate;
  };
  const before = await groups();
  const both = [{ key: { experiment: 'k' }, measures: { count: 2 } }];
  expect(before.nodes).toEqual(both);
  const moved = await save({ key: 'k', startedAt: minute(11), allocation: shares({ A: 1, B: 1 }) });
  expect(moved.movedEventCount).toBe(1);
  expect((await groups(before.snapshot.sequence)).nodes).toEqual(both);
  expect((await groups()).nodes.map(({ measures }) => measures.count)).toEqual([1, 1]);
});

it('the phases of a plan are also answered as they were known before a correction', async () => {
  const { save, query } = await openScenario();
  await save({ key: 'k', startedAt: minute(0), allocation: shares({ A: 9, B: 1 }) });
  await save({ key: 'k', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }), allocationFrom: minute(day) });
  await save({ key: 'k', startedAt: minute(0), allocation: shares({ A: 8, B: 2 }), allocationFrom: minute(0) });
  const document = `query ($sequence: BigInt) {
    experiments { phases(asOf: { sequence: $sequence }) { from allocation { weight } } } }`;
  const weights = async (sequence: number) => {
    const { data } = await query<{ experiments: [{ phases: { allocation: { weight: number }[] }[] }] }>(document, {
      sequence,
    });
    return data?.experiments[0].phases.map(({ allocation }) => allocation[0]?.weight);
  };
  expect([await weights(0), await weights(1), await weights(2), await weights(3)]).toEqual([[], [9], [9, 1], [8, 1]]);
});

it('events that name no experiment belong to the plan of their variant, else to the one that started last', async () => {
  const { save, send, monitor } = await openScenario();
  await save({ key: 'first', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
  await save({ key: 'second', startedAt: minute(100), allocation: shares({ A: 1, C: 1 }) });
  await send([
    event('A', 50),
    event('B', 150),
    event('C', 151),
    // Both plan A, and neither plans Z.
    event('A', 152),
    event('Z', 153),
    event('A', 154, { experiment: 'first' }),
  ]);
  const countsOf = async (key: string) =>
    (await monitor(`experiment: "${key}"`)).deployment.filter(({ eventCount }) => eventCount > 0);
  expect(await countsOf('first')).toMatchObject([
    { variant: 'A', eventCount: 2 },
    { variant: 'B', eventCount: 1 },
  ]);
  const second = [
    { variant: 'A', eventCount: 1 },
    { variant: 'C', eventCount: 1 },
    { variant: 'Z', eventCount: 1 },
  ];
  expect(await countsOf('second')).toMatchObject(second);
  // A new name moves no event.
  const renamed = await save({
    key: 'first',
    name: 'Renamed',
    startedAt: minute(0),
    allocation: shares({ A: 1, B: 1 }),
  });
  expect(renamed.movedEventCount).toBe(0);
  expect(await countsOf('second')).toMatchObject(second);
});

it('saveExperiment with dryRun tells how many events would move and saves nothing', async () => {
  const { save, send, monitor } = await openScenario();
  await send(Array.from({ length: 30 }, (_, index) => event(index % 2 === 0 ? 'A' : 'B', index)));
  const plan = { key: 'k', startedAt: minute(10), endedAt: minute(20), allocation: shares({ A: 1, B: 1 }) };
  expect((await save({ ...plan, dryRun: true })).movedEventCount).toBe(10);
  expect((await monitor('experiment: "default"')).deployment).toMatchObject([{ eventCount: 15 }, { eventCount: 15 }]);
  expect((await save(plan)).movedEventCount).toBe(10);
  expect((await save({ ...plan, dryRun: true })).movedEventCount).toBe(0);
  expect((await save({ ...plan, endedAt: minute(15) })).movedEventCount).toBe(5);
});

it('saveExperiment with dryRun answers the phases that would result, and saving them gives the same', async () => {
  const { query } = await openScenario();
  const document = `mutation ($input: SaveExperimentInput!) { saveExperiment(input: $input) { ... on SaveExperimentPayload {
    phases { from to markets allocation { variant weight } } } ... on ValidationError { problems { path } } } }`;
  const saved = async (input: object) => {
    const { data, errors } = await query<{ saveExperiment: { phases: object[] } }>(document, { input });
    expect(errors).toBeUndefined();
    return data?.saveExperiment;
  };
  const first = { key: 'ramp', startedAt: minute(0), allocation: shares({ A: 90, B: 10 }) };
  const second = { ...first, allocation: shares({ A: 50, B: 50 }), allocationFrom: minute(60) };
  await saved(first);
  const found = async () => (await query('{ experiment(key: "ramp") { phases { to } } }')).data;
  const before = await found();
  const preview = await saved({ ...second, dryRun: true });
  expect(preview?.phases).toEqual([
    {
      from: minute(0),
      to: minute(60),
      markets: [],
      allocation: [
        { variant: 'A', weight: 90 },
        { variant: 'B', weight: 10 },
      ],
    },
    {
      from: minute(60),
      to: null,
      markets: [],
      allocation: [
        { variant: 'A', weight: 50 },
        { variant: 'B', weight: 50 },
      ],
    },
  ]);
  expect(await found()).toEqual(before);
  expect(await saved(second)).toEqual(preview);
  expect(await saved({ ...second, allocation: shares({ A: 1 }), dryRun: true })).toMatchObject({
    problems: [{ path: 'allocation' }],
  });
});

it('saveExperiment with dryRun leaves no key behind', async () => {
  const { save, send, monitor } = await openScenario();
  await send([event('A', 10), event('B', 20)]);
  const plan = { key: 'later', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) };
  expect((await save({ ...plan, dryRun: true })).movedEventCount).toBe(2);
  expect((await save({ ...plan, key: 'Later', dryRun: true })).movedEventCount).toBe(2);
  await expect(monitor('experiment: "later"')).rejects.toThrow('NOT_FOUND');
  expect((await save(plan)).movedEventCount).toBe(2);
  const { checks, deployment } = await monitor('experiment: "later"');
  expect(checks.filter(({ kind }) => kind === 'SIMILAR_NAMES')).toEqual([]);
  expect(deployment.map(({ eventCount }) => eventCount)).toEqual([1, 1]);
});

it('a plan without startedAt is a draft and claims no events', async () => {
  const { save, send, monitor } = await openScenario();
  expect((await save({ key: 'draft', allocation: shares({ A: 1, B: 1 }) })).movedEventCount).toBe(0);
  await send([event('A', 1), event('B', 2, { experiment: 'draft' })]);
  expect((await monitor('experiment: "default"')).deployment).toMatchObject([{ variant: 'A', eventCount: 1 }]);
  const draft = await monitor('experiment: "draft"');
  expect(draft.deployment).toMatchObject([
    { variant: 'A', eventCount: 0 },
    { variant: 'B', eventCount: 1 },
  ]);
});

it.each<[string, object, string]>([
  [
    'an allocation from after the end',
    { endedAt: minute(10), allocationFrom: minute(10) },
    'allocationFrom must be before endedAt',
  ],
  [
    'a market twice',
    {
      allocationByMarket: ['SE', 'SE'].map((country) => ({ country, allocation: shares({ A: 1, B: 1 }) })),
    },
    'allocationByMarket names "SE" twice',
  ],
  [
    'a market with one variant',
    { allocationByMarket: [{ country: 'SE', allocation: shares({ A: 1 }) }] },
    'allocationByMarket.0.allocation must name at least two variants',
  ],
  [
    'a market outside of the plan',
    { markets: ['DE'], allocationByMarket: [{ country: 'SE', allocation: shares({ A: 1, B: 1 }) }] },
    'allocationByMarket.0.country must be one of markets',
  ],
])('saveExperiment refuses %s and names the field', async (_what, changes, message) => {
  const { save } = await openScenario();
  expect(await save({ key: 'k', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }), ...changes })).toEqual({
    message,
  });
});

it('an experiment has a state by its plan and the clock, at a snapshot by its time', async () => {
  const { save, send, query } = await openScenario();
  await send([event('A', 1, { experiment: 'events-only' })]);
  await save({ key: 'draft' });
  await save({ key: 'scheduled', startedAt: '2026-03-01T00:00:01Z' });
  await save({ key: 'running', startedAt: '2026-03-01T00:00:00Z', endedAt: '2026-03-01T00:00:01Z' });
  await save({ key: 'ended', startedAt: minute(0), endedAt: '2026-03-01T00:00:00Z' });
  const stateOf = async (key: string) => {
    const { data } = await query<{ experiment: { state: string } | null }>(
      'query ($key: String!) { experiment(key: $key) { state } }',
      { key },
    );
    return data?.experiment?.state;
  };
  expect(await Promise.all(['events-only', 'draft', 'scheduled', 'running', 'ended'].map(stateOf))).toEqual([
    ...['UNPLANNED', 'DRAFT', 'SCHEDULED', 'RUNNING', 'ENDED'],
  ]);
  // A dry run says what the state would be.
  const { data } = await query(
    'mutation { saveExperiment(input: { key: "new", dryRun: true }) { ... on SaveExperimentPayload { experiment { state } } } }',
  );
  expect(data).toEqual({ saveExperiment: { experiment: { state: 'DRAFT' } } });
});
