import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Work } from '../../src/lib/work.ts';
import { createYielder, Slices } from '../../src/lib/yielding.ts';

it('slices take each step once, in the order of the calls, and give its value or error', async () => {
  const steps = fc.array(fc.record({ value: fc.integer(), fails: fc.boolean() }), { maxLength: 50 });
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      const slices = new Slices(new Work());
      const done: number[] = [];
      const results = list.map(({ value, fails }, index) =>
        slices.later(() => {
          done.push(index);
          if (fails) throw new Error(String(value));
          return value;
        }),
      );
      const settled = await Promise.allSettled(results);
      expect(done).toEqual([...list.keys()]);
      expect(settled).toEqual(
        list.map(({ value, fails }) =>
          fails ? { status: 'rejected', reason: new Error(String(value)) } : { status: 'fulfilled', value },
        ),
      );
    }),
    { numRuns: 50 },
  );
});

it('a slice ends for a computation that takes its time, and not for a short one', async () => {
  const slices = new Slices(new Work());
  expect(Array.from({ length: 60 }, () => slices.isOver())).not.toContain(true);
  while (!slices.isOver());
  expect(slices.isOver()).toBe(true);
  await slices.later(() => undefined);
  expect(slices.isOver()).toBe(false);
});

it('work that has ended takes no further step', async () => {
  const work = new Work();
  const slices = new Slices(work);
  let done = 0;
  const first = slices.later(() => {
    done++;
    void slices.later(() => done++);
    work.end(new Error('left'));
  });
  await first;
  expect(new Slices(undefined).isOver()).toBe(false);
  for (let round = 0; round < 5; round++) await createYielder(undefined)();
  expect(done).toBe(1);
  await expect(async () => createYielder(work)()).rejects.toThrow('left');
});

it('work tells its end once to each listener that was not removed, and at once to later ones', () => {
  const work = new Work();
  const heard: string[] = [];
  work.onEnd((reason) => heard.push(`a ${(reason as Error).message}`));
  work.onEnd(() => heard.push('removed'))();
  work.check();
  work.end(new Error('first'));
  work.end(new Error('second'));
  work.onEnd((reason) => heard.push(`b ${(reason as Error).message}`));
  expect(heard).toEqual(['a first', 'b first']);
  expect(() => work.check()).toThrow('first');
});

const wait = (ms: number): void => {
  for (const until = performance.now() + ms; performance.now() < until; );
};

it.each([
  ['few steps of many values', 1000, true],
  ['few steps of few values', 1, false],
])('a slice may end after %s', (_name, values, isOver) => {
  const slices = new Slices(new Work());
  slices.count(values);
  // The first look at the clock begins the slice.
  expect(slices.isOver()).toBe(false);
  wait(20);
  slices.count(values);
  expect(slices.isOver()).toBe(isOver);
});
