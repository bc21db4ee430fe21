import { availableParallelism } from 'node:os';
import { setImmediate as eventLoop } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { getTableColumns } from 'drizzle-orm';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store, Tx } from '../../../db/store.ts';
import { rejectedRecords, statusChanges } from '../../../db/tables/index.ts';
import { dataFolder, rawConnection, testStore } from '../../support/store.ts';

const change = (userId: string) => ({ userId, effectiveAtUs: 1, status: 'paying' as const });
const reject = (raw: string) => ({
  ...{ receivedAtUs: 1, importId: null, target: 'T', source: 's', raw },
  problems: [{ path: 'a', code: 'MISSING', message: 'a is missing' }],
});

const usersOf = (store: Store): string[] =>
  store
    .records(statusChanges, ['seq', 'userId'], 0, 2 ** 32)
    .rows()
    .map(({ userId }) => userId);
const rejectsOf = (store: Store): string[] =>
  store.page(rejectedRecords, { key: 'id', direction: 'asc', limit: 10_000 }).map(({ raw }) => raw);

interface Work {
  readonly name: string;
  readonly steps: number;
  readonly rows: number;
  readonly kind: 'plain' | 'long' | 'shared';
  readonly failsAt: number | null;
}

const works = fc
  .array(
    fc.record({
      steps: fc.integer({ min: 1, max: 4 }),
      rows: fc.constantFrom(0, 1, 40, 70),
      kind: fc.constantFrom('plain', 'long', 'shared', 'shared'),
      failsAt: fc.option(fc.nat({ max: 8 }), { nil: null }),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((all) => all.map((each, index): Work => ({ name: `w${index}`, ...each })));

const textsOf = ({ name, steps, rows }: Work): string[] =>
  Array.from({ length: steps * rows }, (_, index) => `${name} ${Math.floor(index / Math.max(rows, 1))}`);

function* stepsOf(tx: Tx, { name, steps, rows, failsAt }: Work): Generator<void, string> {
  for (let step = 0; step < steps; step++) {
    if (step === failsAt) throw new Error('on purpose');
    const texts = Array.from({ length: rows }, () => `${name} ${step}`);
    for (const text of texts) tx.append(statusChanges, change(text));
    const [first] = tx.insertAll(rejectedRecords, texts.map(reject));
    // A row of an earlier step that is changed again.
    if (first !== undefined) tx.update(rejectedRecords, { id: first }, { line: step });
    yield;
  }
  return name;
}

const runAll = <R>(steps: Generator<void, R>): R => {
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
};

/** `shared` gets the name of each shared work that is done, and loses it when it is undone. */
const write = (store: Store, work: Work, shared: string[]): Promise<string> => {
  if (work.kind === 'long') return store.writeInSteps((tx) => stepsOf(tx, work));
  if (work.kind === 'plain') return store.write((tx) => runAll(stepsOf(tx, work)));
  let before = [...shared];
  return store.writeShared(
    (tx) => {
      before = [...shared];
      const name = runAll(stepsOf(tx, work));
      shared.push(name);
      return name;
    },
    () => void shared.splice(0, shared.length, ...before),
  );
};

/**
 * Writes two works that mostly share a transaction; resolves once others see it. Its thread mostly has not said so yet: it copies the
 * log, which has enough pages for that, into the file.
 */
const commitTwo = async (store: Store, data: string) => {
  const records = Array.from({ length: 6000 }, (_, index) => ({ ...reject('x'.repeat(4000)), source: `s${index}` }));
  const calls: string[] = [];
  const written = Promise.allSettled(
    ['a', 'b'].map((name) =>
      store.writeShared(
        (tx) => {
          calls.push(name);
          tx.insertAll(rejectedRecords, records);
          return tx.append(statusChanges, change(name));
        },
        () => void calls.push(`undo ${name}`),
      ),
    ),
  );
  const count = rawConnection(data).prepare('select count(*) from status_changes').pluck();
  while (count.get() === 0) await eventLoop();
  return { written, calls };
};

describe('transactions in steps', () => {
  it.each(['on disk', 'in memory'])(
    'store what a model stores, in the order of all works, undo what fails, and leave a sound store %s',
    async (where) => {
      await fc.assert(
        fc.asyncProperty(works, async (all) => {
          const store = where === 'on disk' ? testStore() : testStore({ data: ':memory:' });
          const shared: string[] = [];
          const settled = await Promise.allSettled(all.map((work) => write(store, work, shared)));
          const succeeded = all.filter(({ failsAt, steps }) => failsAt === null || failsAt >= steps);
          expect(settled.map(({ status }) => status === 'fulfilled')).toEqual(
            all.map((work) => succeeded.includes(work)),
          );
          expect(shared).toEqual(succeeded.flatMap(({ kind, name }) => (kind === 'shared' ? [name] : [])));
          expect(usersOf(store)).toEqual(succeeded.flatMap(textsOf));
          expect(rejectsOf(store)).toEqual(succeeded.flatMap(textsOf));
          expect(store.verify().problems).toEqual([]);
        }),
        { numRuns: 25 },
      );
    },
  );

  it('let others read the state before them until they are committed, and write after them', async () => {
    const store = testStore();
    await store.write((tx) => tx.append(statusChanges, change('before')));
    let goOn = true;
    let steps = 0;
    const long = store.writeInSteps(function* (tx) {
      while (goOn) {
        tx.append(statusChanges, change('long'));
        steps++;
        yield;
      }
      return tx.append(statusChanges, change('end'));
    });
    const later = store.write((tx) => tx.append(statusChanges, change('later')));
    while (steps < 500) {
      expect(usersOf(store)).toEqual(['before']);
      await eventLoop();
    }
    goOn = false;
    const [end, last] = await Promise.all([long, later]);
    expect([end, last]).toEqual([steps + 2, steps + 3]);
    expect(usersOf(store)).toEqual(['before', ...Array(steps).fill('long'), 'end', 'later']);
  });

  it('of several batches are visible together, and are commits of their own', async () => {
    const store = testStore();
    const seen: number[] = [];
    const batch = (name: string) =>
      store.writeShared(
        (tx) => {
          seen.push(usersOf(store).length);
          return tx.append(statusChanges, change(name));
        },
        () => undefined,
      );
    expect(await Promise.all(['a', 'b', 'c'].map(batch))).toEqual([1, 2, 3]);
    expect(seen).toEqual([0, 0, 0]);
    expect(usersOf(store)).toEqual(['a', 'b', 'c']);
    expect(store.commitsAfter(0, 10).map(({ lastSeq }) => lastSeq)).toEqual([1, 2, 3]);
  });

  it('go on in another thread when that of SQLite has ended by itself', async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker): void => void threads.push(thread);
    process.on('worker', note);
    onTestFinished(() => void process.off('worker', note));
    const store = testStore({ data: dataFolder() });
    const write = (name: string) =>
      store.writeInSteps(function* (tx) {
        yield;
        return tx.append(statusChanges, change(name));
      });
    expect(await write('a')).toBe(1);
    // On a single core there is none.
    await Promise.all(threads.map((thread) => thread.terminate()));
    expect(await write('b')).toBe(2);
    expect(threads).toHaveLength(availableParallelism() > 1 ? 2 : 0);
    expect(usersOf(store)).toEqual(['a', 'b']);
    expect(store.verify().problems).toEqual([]);
  });

  it('are stored once when their thread has ended after the commit, and before it said so', async () => {
    const threads: Worker[] = [];
    const note = (thread: Worker): void => void threads.push(thread);
    process.on('worker', note);
    onTestFinished(() => void process.off('worker', note));
    const data = dataFolder();
    const store = testStore({ data });
    const { written, calls } = await commitTwo(store, data);
    for (const thread of threads) void thread.terminate();
    expect(await written).toEqual([1, 2].map((value) => ({ status: 'fulfilled', value })));
    expect(calls).toEqual(['a', 'b']);
    expect(usersOf(store)).toEqual(['a', 'b']);
    expect(await store.write((tx) => tx.append(statusChanges, change('c')))).toBe(3);
    expect(store.verify().problems).toEqual([]);
  });

  it('are stored when the store is closed before their thread has said so', async () => {
    const data = dataFolder();
    const store = testStore({ data });
    const { written, calls } = await commitTwo(store, data);
    store.close();
    const [first, second] = await written;
    expect(first).toEqual({ status: 'fulfilled', value: 1 });
    // It has waited for the next transaction where the first work took long.
    const isStored = second?.status === 'fulfilled';
    const names = isStored ? ['a', 'b'] : ['a'];
    if (!isStored) expect(second?.reason).toMatchObject({ code: 'NOT_READY' });
    expect(calls).toEqual(names);
    const again = testStore({ data });
    expect(usersOf(again)).toEqual(names);
    expect(again.verify().problems).toEqual([]);
  });

  it('are undone when the store is closed in their middle', async () => {
    const data = dataFolder();
    const store = testStore({ data });
    let steps = 0;
    const long = store.writeInSteps(function* (tx) {
      for (;;) {
        tx.append(statusChanges, change('long'));
        steps++;
        yield;
      }
    });
    const failure = expect(long).rejects.toMatchObject({ code: 'NOT_READY' });
    while (steps === 0) await eventLoop();
    store.close();
    await failure;
    const again = testStore({ data });
    expect(usersOf(again)).toEqual([]);
    expect(again.verify().problems).toEqual([]);
  });

  it('are undone when the store is closed after an insert has failed of which nobody has heard', async () => {
    const data = dataFolder();
    const store = testStore({ data });
    const other = rawConnection(data);
    const refusal = "when new.user_id = 'bad' begin select raise(abort, 'on purpose'); end";
    other.exec(`create trigger refusal before insert on status_changes ${refusal}`);
    // As many as are sent to the thread with the last one, so that no later one hears of its fault.
    const records = Math.ceil(1024 / (3 + Object.keys(getTableColumns(statusChanges)).length));
    let steps = 0;
    const long = store.writeInSteps(function* (tx) {
      // After the first step the state of the side tables is read, which waits for the thread.
      yield;
      for (let record = 0; record < records; record++) tx.append(statusChanges, change('bad'));
      for (;;) {
        steps++;
        yield;
      }
    });
    // On a single core the insert itself throws.
    const expected = availableParallelism() > 1 ? { code: 'NOT_READY' } : { code: 'SQLITE_CONSTRAINT_TRIGGER' };
    const failure = expect(long).rejects.toMatchObject(expected);
    for (let iteration = 0; iteration < 100 || (availableParallelism() > 1 && steps === 0); iteration++)
      await eventLoop();
    store.close();
    await failure;
    other.exec('drop trigger refusal');
    const again = testStore({ data });
    expect(usersOf(again)).toEqual([]);
    expect(await again.write((tx) => tx.append(statusChanges, change('good')))).toBe(1);
    expect(again.verify().problems).toEqual([]);
  });
});
