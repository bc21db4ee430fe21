import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { expect, it, onTestFinished } from 'vitest';
import { SegmentReader } from '../../../db/segments/segment-reader.ts';

it('waits for no thread that has ended, and reads with another one afterwards', async () => {
  const threads: Worker[] = [];
  const note = (thread: Worker): void => void threads.push(thread);
  process.on('worker', note);
  onTestFinished(() => void process.off('worker', note));
  const reader = new SegmentReader();
  onTestFinished(() => reader.close());
  const read = () => reader.read({ path: '/nowhere', bytes: 1, sha256: '' }, { after: 0, upTo: 1 }).fault?.message;
  expect(read()).toBe('is missing');
  await eventLoop();
  // The event of its end does not arrive before the read that follows.
  void threads[0]?.terminate();
  expect(read()).toMatch(/^could not be read: its thread has ended/);
  expect(read()).toBe('is missing');
  await eventLoop();
  // Between two reads the event arrives.
  await threads[1]?.terminate();
  await eventLoop();
  expect(read()).toBe('is missing');
  await eventLoop();
  expect(threads).toHaveLength(3);
});
