import { describe, expect, it } from 'vitest';
import { line, minute, openScenario, type ScenarioEvent, shares } from '../../support/experiment-scenario.ts';
import { dataFolder } from '../../support/store.ts';

type Scenario = Awaited<ReturnType<typeof openScenario>>;

interface Answer {
  readonly snapshot: { readonly sequence: number };
  readonly arrivalTrend: readonly object[];
  readonly trend: readonly object[];
}

const plan = { key: 'arrivals', startedAt: minute(0), allocation: shares({ A: 50, B: 50 }) };
const event = (id: string, version: string, date: string): ScenarioEvent => ({
  event_id: id,
  user_id: id,
  version,
  date,
});

/** Sends events in one request, some of which may be duplicates or faulty. */
const deliver = async ({ get }: Scenario, lines: readonly string[]): Promise<void> => {
  expect((await get('/events?summary=1', { method: 'POST', body: lines.join('\n') })).status).toBeLessThan(300);
};

const monitorOf = async ({ query }: Pick<Scenario, 'query'>, args = '', grain = 'HOUR'): Promise<Answer> => {
  const { data, errors } = await query<{ monitor: Answer }>(`{ monitor${args} { snapshot { sequence }
    arrivalTrend(grain: ${grain}) { periodStart stored late duplicates rejected variants { variant stored } }
    trend(grain: ${grain}) { periodStart variant eventCount lateEventCount } } }`);
  if (errors || !data) throw new Error(JSON.stringify(errors));
  return data.monitor;
};

/** `variants` has the stored events of each variant. */
const point = (
  hour: string,
  [stored, late, duplicates, rejected]: readonly number[],
  variants: Readonly<Record<string, number>> = {},
) => ({
  periodStart: `2026-02-01T${hour}:00:00Z`,
  ...{ stored, late, duplicates, rejected },
  variants: Object.entries(variants).map(([variant, count]) => ({ variant, stored: count })),
});

describe('what arrives in each period', () => {
  it('is counted by the time of arrival, late events also by their own time', async () => {
    const data = dataFolder();
    const at = async (now: string, work: (scenario: Scenario) => Promise<void>): Promise<void> => {
      const scenario = await openScenario({ now, lateAfterMs: '3600000' }, { data });
      await work(scenario);
      await scenario.close();
    };
    const first = ['a', 'b'].map((id) => line(event(id, 'A', '2026-02-01T09:50:00Z')));
    let atTen = {};
    let sequence = 0;
    await at('2026-02-01T10:05:00Z', async (scenario) => {
      await scenario.save(plan);
      await deliver(scenario, first);
      const found = await monitorOf(scenario);
      expect(found.arrivalTrend).toEqual([point('10', [2, 0, 0, 0], { A: 2 })]);
      [atTen, sequence] = [found, found.snapshot.sequence];
    });
    await at('2026-02-01T11:30:00Z', (scenario) =>
      deliver(scenario, [...first, line({ ...event('c', 'A', 'never'), user_id: '' })]),
    );
    await at('2026-02-01T13:10:00Z', async (scenario) => {
      const late = line(event('d', 'B', '2026-02-01T08:00:00Z'));
      await deliver(scenario, [line(event('e', 'B', '2026-02-01T13:00:00Z')), late, late]);
      const points = [
        point('10', [2, 0, 0, 0], { A: 2 }),
        point('11', [0, 0, 2, 1]),
        point('13', [2, 1, 1, 0], { B: 2 }),
      ];
      const found = await monitorOf(scenario);
      expect(found.arrivalTrend).toEqual(points);
      expect(found.trend).toEqual([
        { periodStart: '2026-02-01T08:00:00Z', variant: 'B', eventCount: 1, lateEventCount: 1 },
        { periodStart: '2026-02-01T09:00:00Z', variant: 'A', eventCount: 2, lateEventCount: 0 },
        { periodStart: '2026-02-01T13:00:00Z', variant: 'B', eventCount: 1, lateEventCount: 0 },
      ]);
      // The whole adds up, and a snapshot stays as it was.
      expect((await monitorOf(scenario, '', 'DAY')).arrivalTrend).toEqual([point('00', [4, 1, 3, 1], { A: 2, B: 2 })]);
      expect(await monitorOf(scenario, `(asOf: { sequence: ${sequence} })`)).toEqual(atTen);
      expect((await monitorOf(scenario, '(where: { variants: ["B"] })')).arrivalTrend).toEqual([
        point('11', [0, 0, 2, 1]),
        point('13', [2, 1, 1, 0], { B: 2 }),
      ]);
    });
  });

  it('has at most trendPointsMax points', async () => {
    const scenario = await openScenario({ trendPointsMax: '1' });
    await scenario.save(plan);
    await scenario.send([event('a', 'A', minute(1)), event('b', 'B', minute(1))]);
    expect((await scenario.query('{ monitor { arrivalTrend { stored } } }')).data).toEqual({
      monitor: { arrivalTrend: [{ stored: 2 }] },
    });
  });
});
