import { expect, it } from 'vitest';
import { sendEvents, sendUsers } from '../support/events.ts';
import { eventsOf, testServer } from '../support/test-server.ts';

const fields = `{ verdict deployment { country variant eventCount userCount } checks { verdict message } snapshot { sequence } }`;
const subscription = `subscription ($country: String) { monitor(country: $country, every: "PT0.25S") ${fields} }`;
const query = `query ($country: String) { monitor(country: $country) ${fields} }`;

interface Result {
  readonly monitor: {
    readonly deployment: readonly { readonly country: string; readonly eventCount: number }[];
    readonly snapshot: { readonly sequence: number };
  };
}

const countOf = ({ monitor }: Result): number => monitor.deployment.reduce((sum, cell) => sum + cell.eventCount, 0);

it('the monitor subscription sends a result immediately, then far fewer results than events, and finally the result of the query', async () => {
  const app = await testServer();
  const subscriptions = await Promise.all([
    app.follow<Result>(subscription),
    app.follow<Result>(subscription),
    app.follow<Result>(subscription, { country: 'SE' }),
  ]);
  for (const { next } of subscriptions) expect((await next())?.data?.monitor.deployment).toEqual([]);
  const expectedCounts = [1000, 1000, 500];
  const reading = subscriptions.map(async ({ next }, index) => {
    const results: Result[] = [];
    do results.push(((await next()) as { data: Result }).data);
    while (countOf(results.at(-1) as Result) < (expectedCounts[index] as number));
    return results;
  });
  await sendUsers(app, Object.fromEntries(Array.from({ length: 500 }, (_, user) => [`u${2 * user}`, 'SE'])));
  for (let commit = 0; commit < 100; commit++)
    await sendEvents(
      app,
      Array.from({ length: 10 }, (_, index) => ({ userId: `u${10 * commit + index}` })),
    );

  for (const [index, results] of (await Promise.all(reading)).entries()) {
    const country = index === 2 ? 'SE' : null;
    const queried = await app.query<Result>(query, { country });
    expect(results.at(-1)).toEqual(queried.data);
    expect(results.map(countOf)).toEqual(results.map(countOf).sort((a, b) => a - b));
    expect(results.length).toBeLessThan(50);
  }
});

it('the monitor subscription sends no result while its result does not change', async () => {
  const app = await testServer();
  await sendEvents(app, eventsOf(3));
  const { next } = await app.follow<Result>(subscription, { country: 'unknown' });
  expect(countOf((await next())?.data as Result)).toBe(3);
  await sendUsers(app, { nobody: 'SE' });
  await sendEvents(app, eventsOf(1, 'v'));
  expect(countOf((await next())?.data as Result)).toBe(4);
});
