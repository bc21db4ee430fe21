import type { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { recordEvent, recordRepeat } from '../../../src/domains/experiments/event-record.ts';
import { createExperimentEventsImporter } from '../../../src/domains/experiments/import.ts';
import { type ReadingReply, type ReadingRequest, ReadingThread } from '../../../src/domains/imports/reading-thread.ts';
import { DomainError } from '../../../src/errors.ts';
import { startThread } from '../../../src/lib/thread.ts';
import { readRecordStream } from '../../../src/sources/record-stream.ts';

const importer = createExperimentEventsImporter({ record: recordEvent, repeat: recordRepeat });
const limits = { recordBytesMax: 400, bodyBytesMax: 3000 };
const here = new URL('../../../src/reading-thread.ts', import.meta.url).href;
const start = () => startThread(here, 'reading-worker', { workerData: limits });
const thread = new ReadingThread(importer, start);
afterAll(() => thread.close());

type Chunks = AsyncIterable<Uint8Array>;

/** What a reading of a body came to: its records one by one, the names that were not used, and the error that ended it. */
interface Outcome {
  readonly records: unknown[];
  readonly ignored: string[];
  readonly error: unknown;
}

const outcomeOf = async (read: (ignored: string[]) => AsyncIterable<readonly unknown[]>): Promise<Outcome> => {
  const [records, ignored]: [unknown[], string[]] = [[], []];
  try {
    for await (const some of read(ignored)) records.push(...some);
    return { records, ignored, error: null };
  } catch (error) {
    const { code = null, message } = error as DomainError;
    return { records, ignored, error: { code, message } };
  }
};

/** As it is without a thread. */
async function* readHere(chunks: Chunks, ignored: string[]) {
  const onIgnored = (names: readonly string[]) => void ignored.push(...names);
  for await (const records of readRecordStream(chunks, { ...limits, envelope: importer.shape.envelope, onIgnored }))
    yield records.map(({ line, raw, value, problems }) => ({
      ...{ line, raw },
      ...(problems ? { problems } : importer.read(value, {})),
    }));
}

async function* readThere(chunks: Chunks, ignored: string[]) {
  for await (const records of thread.read(chunks, (names) => void ignored.push(...names)))
    yield records.map(({ line, raw, read, problems }) => ({
      ...{ line, raw },
      ...(problems ? { problems } : { value: read }),
    }));
}

const text = fc.oneof(
  fc.constantFrom('A', 'none', '', 'é', '\u{1f600}', '\ud800', '\0', '0123456789abcdef', 'x'.repeat(300)),
  fc.nat(1e6).map((id) => `u${id}`),
);
const event = fc.record(
  {
    event_id: fc.oneof(text, fc.constant(null), fc.nat(50)),
    experiment: fc.oneof(text, fc.constant(null)),
    user_id: fc.oneof(text, fc.nat()),
    account_type: text,
    date: fc.oneof(
      fc.constantFrom('2023-05-01', '2023-05-01T10:00:00.123456Z', '2023-13-01', '05.03.24', 1_700_000_000, ''),
      fc.integer({ min: 0, max: 2e12 }).map((ms) => new Date(ms).toISOString()),
    ),
    event_type: fc.oneof(text, fc.constant(null)),
    order_value: fc.constantFrom(null, '220.50', -3.25, '0', '-0', 0.1 + 0.2, '1e3', '12345678901234567890', 'x', ''),
    version: text,
  },
  { requiredKeys: ['user_id', 'account_type', 'date', 'version'] },
);
const line = fc.oneof(
  { weight: 8, arbitrary: event.map((value) => JSON.stringify(value)) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', '{', '[1]', 'null', '\r', '{"user_id": 1}\r', '{"a": "\\ud800"}') },
);
const listOf = (lines: readonly string[]) => `[${lines.filter((each) => each.trim() !== '').join(',')}]`;
const body = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('LINES', 'LINES', 'LIST', 'ENVELOPE', 'CUT'), fc.nat(3))
  .map(([lines, form, cut]) => {
    if (form === 'LINES') return lines.join('\n');
    const list = listOf(lines);
    if (form === 'LIST') return list;
    if (form === 'CUT') return list.slice(0, list.length - cut);
    return `{"batch": ${list}, "experiment": "e1", "other": 1}`;
  });
/** Bytes of which some are no text. */
const bytes = fc.tuple(body, fc.array(fc.nat(), { maxLength: 2 })).map(([written, faults]) => {
  const found = Buffer.from(written);
  for (const fault of faults) if (fault % 3 === 0 && found.length > 0) found[fault % found.length] = 0xff;
  return found;
});

async function* chunksOf(content: Buffer, sizes: readonly number[], fault: Error | null): AsyncGenerator<Buffer> {
  for (let from = 0, index = 0; from < content.length; index++) {
    const size = sizes[index % sizes.length] as number;
    yield content.subarray(from, from + size);
    from += size;
    if (index % 3 === 2) await new Promise((resolve) => setImmediate(resolve));
  }
  if (fault) throw fault;
}

it('reads what is read without it, however a body comes, several bodies at a time', { timeout: 60_000 }, async () => {
  const request = fc.record({
    content: bytes,
    sizes: fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 4 }),
    fault: fc.constantFrom(null, null, new DomainError('BAD_REQUEST', 'the body ended early')),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
      await Promise.all(
        requests.map(async ({ content, sizes, fault }) => {
          const expected = await outcomeOf((ignored) => readHere(chunksOf(content, sizes, fault), ignored));
          const found = await outcomeOf((ignored) => readThere(chunksOf(content, sizes, fault), ignored));
          expect(found).toEqual(expected);
        }),
      );
    }),
    { numRuns: 150 },
  );
});

const eventLine = (id: number): string =>
  `${JSON.stringify({ event_id: `e${id}`, user_id: `u${id}`, account_type: 'free', date: '2023-05-01', version: 'A' })}\n`;

it('reads no more of a body than its reader takes, and ends it when the reader stops', async () => {
  let requested = 0;
  let isClosed = false;
  async function* chunks(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield Buffer.from(eventLine(requested++));
    } finally {
      isClosed = true;
    }
  }
  const records = thread.read(chunks(), () => undefined);
  await records.next();
  // The thread has answered all that it was sent once another body is read.
  const other = await outcomeOf((ignored) => readThere(chunksOf(Buffer.from(eventLine(1)), [1000], null), ignored));
  expect(other.records).toHaveLength(1);
  expect(requested).toBeLessThan(10);
  await records.return(undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(isClosed).toBe(true);
});

it.each([
  ['is closed', (ending: ReadingThread) => ending.close(), { code: 'NOT_READY' }],
  [
    'ends by itself',
    (_ending: ReadingThread, worker: Worker) => worker.terminate(),
    { message: 'the thread that reads records has ended' },
  ],
])('fails what it reads when it %s, and is not available any more', async (_how, end, error) => {
  const worker = start();
  const ending = new ReadingThread(importer, () => worker);
  async function* endless(): AsyncGenerator<Buffer> {
    yield Buffer.from(eventLine(1));
    await end(ending, worker);
    yield Buffer.from(eventLine(2));
  }
  const read = async () => {
    let count = 0;
    for await (const records of ending.read(endless(), () => undefined)) count += records.length;
    return count;
  };
  await expect(read()).rejects.toMatchObject(error);
  expect(ending.isAvailable).toBe(false);
});

it('reads nothing of a body after it has failed, though chunks of it are still on their way', async () => {
  const worker = start();
  try {
    const replies: ReadingReply[] = [];
    worker.on('message', (reply: ReadingReply) => replies.push(reply));
    const send = (request: ReadingRequest) => worker.postMessage(request);
    const chunk = (text: string) => new Uint8Array(Buffer.from(text));
    send({ kind: 'BEGIN', body: 1 });
    send({ kind: 'CHUNK', body: 1, chunk: chunk(`{"batch": [${eventLine(1)},`.padEnd(limits.bodyBytesMax + 1)) });
    await vi.waitFor(() => expect(replies.map(({ kind }) => kind)).toContain('FAILURE'), 10_000);
    const failed = replies.length;
    send({ kind: 'CHUNK', body: 1, chunk: chunk(eventLine(1)) });
    send({ kind: 'END', body: 1 });
    send({ kind: 'BEGIN', body: 2 });
    send({ kind: 'END', body: 2 });
    await vi.waitFor(() => expect(replies.at(-1)).toMatchObject({ kind: 'END', body: 2 }), 10_000);
    expect(replies.slice(failed).filter(({ body }) => body === 1)).toEqual([]);
  } finally {
    await worker.terminate();
  }
});
