import { expect, test } from 'vitest';
import { IdleWork } from '../../../db/datasets/idle-work.ts';

const idleWork = () => new IdleWork<string>((step) => step('session'), 1);

test('steps run one after the other until the work is done', async () => {
  const work = idleWork();
  const steps: string[] = [];
  const count = (name: string, times: number) => async (session: string) => {
    steps.push(`${name} ${session}`);
    return steps.filter((step) => step.startsWith(name)).length === times;
  };
  await Promise.all([work.add(count('a', 2)), work.add(count('b', 1))]);
  expect(steps).toEqual(['a session', 'a session', 'b session']);
});

test('what comes in between interrupts a step, which is repeated afterwards', async () => {
  const interrupted: boolean[] = [];
  const work: IdleWork<string> = new IdleWork(async (step, signal) => {
    if (interrupted.length === 0) work.pause();
    interrupted.push(signal.aborted);
    if (!signal.aborted) return step('session');
    setImmediate(() => work.resume());
    throw new Error('interrupted');
  }, 1);
  await work.add(async () => true);
  expect(interrupted).toEqual([true, false]);
});

test('work ends with the error of a step, and when nothing is ever idle', async () => {
  await expect(idleWork().add(() => Promise.reject(new Error('no table')))).rejects.toThrow('no table');
  let steps = 0;
  const busy: IdleWork<string> = new IdleWork(async () => {
    steps += 1;
    busy.pause();
    setImmediate(() => busy.resume());
    throw new Error('interrupted');
  }, 1);
  await expect(busy.add(async () => true)).rejects.toMatchObject({ code: 'OVERLOADED' });
  expect(steps).toBe(8);
});
