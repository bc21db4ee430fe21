import { expect, it } from 'vitest';
import { sendEvents, sendUsers } from '../support/events.ts';
import { eventsOf, served } from '../support/test-server.ts';

const fields = `{ verdict deployment { country variant eventCount userCount } checks { verdict message } snapshot { sequence } }`;
const subscription = `subscription ($country: String) { monitor(country: $country, every: "PT0.25S") ${fields} }`;
const question = `query ($country: String) { monitor(country: $country) ${fields} }`;

interface Result {
  readonly monitor: {
    readonly deployment: readonly { readonly country: string; readonly eventCount: number }[];
    readonly snapshot: { readonly sequence: number };
  };
}

const countOf = ({ monitor }: Result): number => monitor.deployment.reduce((sum, cell) => sum + cell.eventCount, 0);

it('gives the monitor at once, then far fewer times than there are events, and in the end what a question gives', async () => {
  const app = await served();
  const followed = await Promise.all([
    app.follow<Result>(subscription),
    app.follow<Result>(subscription),
    app.follow<Result>(subscription, { country: 'SE' }),
  ]);
  for (const { next } of followed) expect((await next())?.data?.monitor.deployment).toEqual([]);
  const wanted = [1000, 1000, 500];
  const reading = followed.map(async ({ next }, place) => {
    const results: Result[] = [];
    do results.push(((await next()) as { data: Result }).data);
    while (countOf(results.at(-1) as Result) < (wanted[place] as number));
    return results;
  });
  await sendUsers(app, Object.fromEntries(Array.from({ length: 500 }, (_, user) => [`u${2 * user}`, 'SE'])));
  for (let commit = 0; commit < 100; commit++)
    await sendEvents(
      app,
      Array.from({ length: 10 }, (_, place) => ({ userId: `u${10 * commit + place}` })),
    );

  for (const [place, results] of (await Promise.all(reading)).entries()) {
    const country = place === 2 ? 'SE' : null;
    const asked = await app.query<Result>(question, { country });
    expect(results.at(-1)).toEqual(asked.data);
    expect(results.map(countOf)).toEqual(results.map(countOf).sort((a, b) => a - b));
    expect(results.length).toBeLessThan(50);
  }
});

it('says nothing while nothing changes that it tells of', async () => {
  const app = await served();
  await sendEvents(app, eventsOf(3));
  const { next } = await app.follow<Result>(subscription, { country: 'unknown' });
  expect(countOf((await next())?.data as Result)).toBe(3);
  await sendUsers(app, { nobody: 'SE' });
  await sendEvents(app, eventsOf(1, 'v'));
  expect(countOf((await next())?.data as Result)).toBe(4);
});
