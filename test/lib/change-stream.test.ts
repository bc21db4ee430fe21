import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { changeStream, interval, type Subscribe, throttledChanges } from '../../src/lib/change-stream.ts';

/** A number that notifies listeners of its changes. */
const createCounter = () => {
  const listeners = new Set<() => void>();
  let value = 0;
  const onMove: Subscribe = (listener) => {
    listeners.add(listener);
    return () => void listeners.delete(listener);
  };
  return {
    onMove,
    get value() {
      return value;
    },
    get listeners() {
      return listeners.size;
    },
    add() {
      value++;
      for (const listener of listeners) listener();
    },
  };
};

// `setImmediate` stays real: `yielding.ts` holds pending computations longer than one test.
beforeEach(
  () =>
    void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'] }),
);
afterEach(() => {
  expect(vi.getTimerCount(), 'timers left').toBe(0);
  vi.useRealTimers();
});

/** Advances the timers, then runs everything that this makes pending. */
const pass = async (ms: number): Promise<void> => {
  await vi.advanceTimersByTimeAsync(ms);
  for (let iteration = 0; iteration < 4; iteration++) await new Promise((resolve) => setImmediate(resolve));
};

/** Collects the values of a stream until it ends. */
const collect = <T>(stream: AsyncIterable<T>) => {
  const values: T[] = [];
  const read = async () => {
    for await (const value of stream) values.push(value);
  };
  return { values, done: read() };
};

describe('throttledChanges', () => {
  const seconds = (everyMs: number, counter = createCounter(), fingerprint?: (value: number) => unknown) => ({
    counter,
    stream: throttledChanges(counter.onMove, { everyMs, answer: () => counter.value, fingerprint }),
  });

  it('throttledChanges yields the first answer at once, later ones at most once per interval, and always the last state', async () => {
    const { counter, stream } = seconds(1000);
    const { values, done } = collect(stream);
    await pass(0);
    expect(values).toEqual([0]);
    for (let move = 0; move < 1000; move++) counter.add();
    await pass(999);
    expect(values).toEqual([0]);
    await pass(1);
    expect(values).toEqual([0, 1000]);
    await pass(10_000);
    counter.add();
    await pass(0);
    expect(values, 'a move after a quiet time is answered at once').toEqual([0, 1000, 1001]);
    await stream.return?.();
    await done;
    expect(counter.listeners).toBe(0);
  });

  it('throttledChanges is throttled and ends with the last state for any series of changes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 50 }),
        fc.array(fc.record({ afterMs: fc.nat(60), moves: fc.nat(5) }), { maxLength: 30 }),
        async (everyMs, bursts) => {
          const { counter, stream } = seconds(everyMs);
          const times: number[] = [];
          const values: number[] = [];
          const read = (async () => {
            for await (const value of stream) {
              times.push(performance.now());
              values.push(value);
            }
          })();
          await pass(0);
          for (const { afterMs, moves } of bursts) {
            await pass(afterMs);
            for (let move = 0; move < moves; move++) counter.add();
          }
          await pass(everyMs);
          await pass(everyMs);
          expect(values.at(-1)).toBe(counter.value);
          expect(values).toEqual([...new Set(values)].sort((a, b) => a - b));
          for (const [index, time] of times.entries())
            if (index > 0) expect(time - (times[index - 1] as number)).toBeGreaterThanOrEqual(everyMs);
          await stream.return?.();
          await read;
          expect(counter.listeners).toBe(0);
        },
      ),
    );
  });

  it('throttledChanges yields no answer with the fingerprint of the previous one', async () => {
    const { counter, stream } = seconds(10, createCounter(), (value) => Math.floor(value / 3));
    const { values } = collect(stream);
    for (let move = 0; move < 7; move++) {
      await pass(10);
      counter.add();
    }
    await pass(10);
    expect(values).toEqual([0, 3, 6]);
    await stream.return?.();
  });

  it('throttledChanges computes an answer only when the reader requests it', async () => {
    const counter = createCounter();
    let answers = 0;
    const stream = throttledChanges(counter.onMove, { everyMs: 10, answer: () => [++answers, counter.value] });
    expect(await stream.next()).toEqual({ done: false, value: [1, 0] });
    for (let move = 0; move < 100; move++) {
      counter.add();
      await pass(10);
    }
    const late = stream.next();
    await pass(10);
    expect(await late).toEqual({ done: false, value: [2, 100] });
    await stream.return?.();
  });

  it('throttledChanges ends after the answer for which isLast is true', async () => {
    const counter = createCounter();
    const stream = throttledChanges(counter.onMove, {
      everyMs: 10,
      answer: () => counter.value,
      isLast: (value) => value === 2,
    });
    const { values, done } = collect(stream);
    for (let move = 0; move < 5; move++) {
      await pass(20);
      counter.add();
    }
    await done;
    expect(values).toEqual([0, 1, 2]);
    expect(counter.listeners).toBe(0);
  });

  it('throttledChanges ends with the error that the answer throws', async () => {
    const counter = createCounter();
    const answer = (): number => {
      if (counter.value > 0) throw new Error('gone');
      return 0;
    };
    const stream = throttledChanges(counter.onMove, { everyMs: 10, answer });
    await stream.next();
    counter.add();
    const broken = expect(stream.next()).rejects.toThrow('gone');
    await pass(10);
    await broken;
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(counter.listeners).toBe(0);
  });
});

describe('a change stream that its reader closes', () => {
  const ended = { done: true, value: undefined };

  it.each([
    ['before the first result', 0, 0],
    ['while it waits for a change', 1, 1000],
    ['while it waits for the interval', 1, 0],
  ])('a change stream ends at once when it is closed %s', async (_when, results, waitedMs) => {
    const counter = createCounter();
    const stream = throttledChanges(counter.onMove, { everyMs: 1000, answer: () => counter.value });
    expect(counter.listeners).toBe(0);
    for (let result = 0; result < results; result++) await stream.next();
    const pending = results > 0 ? stream.next() : undefined;
    if (pending) await pass(waitedMs);
    await stream.return?.();
    expect(counter.listeners).toBe(0);
    if (pending) expect(await pending).toEqual(ended);
    expect(await stream.next()).toEqual(ended);
    expect(counter.listeners).toBe(0);
  });

  it('a change stream that is closed during an answer removes its listener at once and drops the answer', async () => {
    const counter = createCounter();
    let answer = (_value: number): void => undefined;
    const held = new Promise<number>((resolve) => {
      answer = resolve;
    });
    const stream = throttledChanges(counter.onMove, { everyMs: 1000, answer: () => held });
    const pending = stream.next();
    await pass(0);
    expect(counter.listeners).toBe(1);
    const left = stream.return?.();
    expect(counter.listeners).toBe(0);
    answer(1);
    expect(await pending).toEqual(ended);
    await left;
  });

  it('a change stream that is closed runs the finally block of its producer', async () => {
    const counter = createCounter();
    let isOver = false;
    const stream = changeStream(counter.onMove, async function* (waits) {
      try {
        for (;;) {
          await waits.changed();
          if (waits.closed) return;
          yield counter.value;
        }
      } finally {
        isOver = true;
      }
    });
    await stream.next();
    await stream.return?.();
    expect(isOver).toBe(true);
  });
});

it('interval calls its listener until the subscription ends', async () => {
  let ticks = 0;
  const stop = interval(500)(() => void ticks++);
  await pass(1600);
  stop();
  await pass(1600);
  expect(ticks).toBe(3);
});
