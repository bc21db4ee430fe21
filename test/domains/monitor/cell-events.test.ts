import { expect, it } from 'vitest';
import { drawUsers, minute, openScenario, shares } from '../../support/experiment-scenario.ts';

interface Cell {
  readonly country: string;
  readonly variant: string;
  readonly eventCount: number;
  readonly userCount: number;
  readonly events: {
    readonly totalCount: number;
    readonly nodes: readonly { userId: string; variant: string; eventId: string }[];
  };
  readonly users: { readonly totalCount: number; readonly nodes: readonly { userId: string }[] };
}

const cells = `deployment { country variant eventCount userCount
  events(first: 1000) { totalCount nodes { eventId userId variant } } users(first: 1000) { totalCount nodes { userId } } }`;

it('every cell of the monitor opens as exactly the events and users that it counts', async () => {
  const { save, send, query, importFile } = await openScenario();
  const people = drawUsers(41, { count: 120, from: 0, weights: { A: 50, B: 50 }, prefix: 'u' });
  const text = [
    'user_id,country,gender',
    ...people.slice(0, 80).map(({ user_id }, index) => `${user_id},${index % 2 === 0 ? 'SE' : 'DE'},f`),
    '',
  ];
  await importFile('users', { name: 'users.csv', text: text.join('\n') });
  await save({ key: 'cells', startedAt: minute(10), endedAt: minute(300), allocation: shares({ A: 50, B: 50 }) });
  const again = people
    .slice(0, 50)
    .map((event, index) => ({ ...event, version: index % 5 === 0 ? 'B' : event.version, date: minute(150 + index) }));
  await send([...people, ...again].map((event, index) => ({ ...event, experiment: 'cells', event_id: `e${index}` })));
  await query('mutation { excludeUsers(input: { userIds: ["u20", "u21"], reason: "bots" }) { __typename } }');
  const read = async (args = ''): Promise<Cell[]> => {
    const { data, errors } = await query<{ monitor: { deployment: Cell[] } }>(`{ monitor${args} { ${cells} } }`);
    expect(errors).toBeUndefined();
    return data?.monitor.deployment ?? [];
  };
  const range = `range: { between: { from: "${minute(20)}", to: "${minute(90)}" } }`;
  for (const args of ['', '(country: "SE")', '(where: { variants: ["B"] })', `(${range})`]) {
    const found = await read(args);
    expect(found.reduce((sum, { eventCount }) => sum + eventCount, 0)).toBeGreaterThan(0);
    const seen = new Set<string>();
    for (const { variant, eventCount, userCount, events, users } of found) {
      expect(events.totalCount).toBe(eventCount);
      expect(events.nodes).toHaveLength(eventCount);
      expect(users.totalCount).toBe(userCount);
      expect(users.nodes.map(({ userId }) => userId)).toEqual([...new Set(events.nodes.map(({ userId }) => userId))]);
      for (const event of events.nodes) {
        expect(event.variant).toBe(variant);
        expect(['u20', 'u21']).not.toContain(event.userId);
        expect(seen.has(event.eventId)).toBe(false);
        seen.add(event.eventId);
      }
    }
  }
  interface Counted {
    readonly monitor: Record<'all' | 'b' | 'late' | 'future' | 'inTime', { nodes: { eventId: string }[] }> & {
      readonly arrival: { readonly stored: number; readonly late: number; readonly inTheFuture: number };
      readonly deployment: Cell[];
      readonly outcomes: object[];
      readonly markets: { readonly country: string; readonly outcomes: object[] }[];
    };
  }
  const ids = ({ nodes }: { readonly nodes: readonly { eventId: string }[] }) => nodes.map(({ eventId }) => eventId);
  const countedOf = async (args = '(timeZone: "UTC")'): Promise<Counted['monitor']> => {
    const list = (name: string, which: string) => `${name}: events(first: 1000${which}) { nodes { eventId } }`;
    const outcome = 'variant users mean absoluteDifference { estimate lower upper }';
    const { data, errors } = await query<Counted>(
      `{ monitor${args} { ${list('all', '')} ${list('b', ', variants: ["B"]')} ${list('late', ', arrival: LATE')} ${list('future', ', arrival: FUTURE')} ${list('inTime', ', arrival: IN_TIME')}
        arrival { stored late inTheFuture } outcomes { ${outcome} } markets { country outcomes { ${outcome} } } ${cells} } }`,
    );
    if (errors || !data) throw new Error(JSON.stringify(errors));
    return data.monitor;
  };
  for (const args of ['(timeZone: "UTC")', '(country: "SE")', `(${range})`]) {
    const { all, b, late, future, inTime, arrival, deployment } = await countedOf(args);
    const found = deployment.flatMap(({ variant, events }) => events.nodes.map((event) => ({ ...event, variant })));
    const number = ({ eventId }: { readonly eventId: string }) => Number(eventId.slice(1));
    const inOrder = [...found].sort((one, two) => number(one) - number(two));
    expect(ids(all)).toEqual(ids({ nodes: inOrder }));
    expect(ids(b)).toEqual(ids({ nodes: inOrder.filter(({ variant }) => variant === 'B') }));
    const counts = [all, late, future].map(({ nodes }) => nodes.length);
    expect(counts).toEqual([arrival.stored, arrival.late, arrival.inTheFuture]);
    expect([...ids(late), ...ids(future), ...ids(inTime)].sort()).toEqual(ids(all).sort());
  }
  for (const { country, outcomes } of (await countedOf()).markets)
    expect(outcomes).toEqual((await countedOf(`(country: "${country}")`)).outcomes);

  type Page = {
    monitor: { deployment: { events: { nodes: { eventId: string }[]; pageInfo: { endCursor: string } } }[] };
  };
  const pageOf = (after: string | null) =>
    query<Page>(
      'query ($after: String) { monitor(country: "SE", where: { variants: ["A"] }) { deployment { events(first: 7, after: $after) { nodes { eventId } pageInfo { endCursor } } } } }',
      { after },
    );
  const first = (await pageOf(null)).data?.monitor.deployment[0]?.events;
  await send(
    drawUsers(42, { count: 20, from: 200, weights: { A: 50, B: 50 }, prefix: 'late' }).map((event) => ({
      ...event,
      experiment: 'cells',
    })),
  );
  const second = (await pageOf(first?.pageInfo.endCursor ?? null)).data?.monitor.deployment[0]?.events;
  const all = (await read('(country: "SE")')).find(({ variant }) => variant === 'A')?.events.nodes ?? [];
  expect([...(first?.nodes ?? []), ...(second?.nodes ?? [])].map(({ eventId }) => eventId)).toEqual(
    all.slice(0, 14).map(({ eventId }) => eventId),
  );
});
