import { expect, it } from 'vitest';
import { SharedComputations } from '../../src/lib/shared-computations.ts';
import { Work } from '../../src/lib/work.ts';

/** Counts how often it computes, and ends when it is told to. */
const createComputation = () => {
  const ends: { resolve(value: string): void; reject(error: Error): void }[] = [];
  const compute = (): Promise<string> => new Promise((resolve, reject) => ends.push({ resolve, reject }));
  return { ends, compute };
};

it('shares a computation among those who need it while it runs, and keeps no result with whileRunning', async () => {
  const { ends, compute } = createComputation();
  const shared = new SharedComputations<string>('whileRunning');
  const both = Promise.all([shared.find('a', new Work(), compute), shared.find('a', new Work(), compute)]);
  expect(ends).toHaveLength(1);
  ends[0]?.resolve('once');
  expect(await both).toEqual(['once', 'once']);
  const again = shared.find('a', new Work(), compute);
  ends[1]?.resolve('anew');
  expect(await again).toBe('anew');
});

it('keeps as many results as it may, and begins anew after a failure', async () => {
  const { ends, compute } = createComputation();
  const shared = new SharedComputations<string>({ max: 1 });
  const failing = shared.find('a', undefined, compute);
  ends[0]?.reject(new Error('no'));
  await expect(failing).rejects.toThrow('no');
  const first = shared.find('a', undefined, compute);
  ends[1]?.resolve('kept');
  await first;
  expect(await shared.find('a', undefined, compute)).toBe('kept');
  expect(ends).toHaveLength(2);
  void shared.find('b', undefined, compute);
  void shared.find('a', undefined, compute);
  expect(ends).toHaveLength(4);
});

it.each(['whileRunning', { max: 2 }] as const)(
  'begins anew what ended because nobody waited for it: %j',
  (capacity) => {
    const { ends, compute } = createComputation();
    const shared = new SharedComputations<string>(capacity);
    const work = new Work();
    void shared.find('a', work, compute);
    work.end(new Error('gone'));
    void shared.find('a', new Work(), compute);
    expect(ends).toHaveLength(2);
  },
);
