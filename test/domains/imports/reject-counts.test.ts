import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { rejectedRecords } from '../../../db/tables/index.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { kinds } from '../../support/rejects.ts';

const rowsInMemory = ({ app }: OpenApp): number | undefined =>
  app.ledger.indexStates().find(({ name }) => name === 'transactions')?.entries;

const fresh = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const opened = await openApp(options);
  onTestFinished(opened.close);
  return opened;
};

it('moves the counts of an import that still runs when its rejects are resolved', async () => {
  const opened = await fresh({ settings: { batchRecords: '10' } });
  const { rejects } = opened.app.domains;
  const rows = Array.from({ length: 200 }, (_, index) => `u${index},2020-01-01,paying`);
  const text = ['user_id,created_at,status', 'u,never,paying', ...rows].join('\n');
  let correction: Promise<unknown> | undefined;
  const ended = await opened.importFile(
    'user-status',
    { name: 'long', text },
    {
      onProgress: ({ read }) => {
        if (read >= 50) correction ??= rejects.resolve(1, JSON.stringify(kinds['user-status'].corrected));
      },
    },
  );
  await correction;
  expect(correction).toBeDefined();
  expect(ended).toMatchObject({ state: 'SUCCEEDED', read: 201, accepted: 201, rejected: 0 });
  expect(opened.app.domains.imports.importsByIds([ended.id])).toEqual([ended]);
  expect(opened.app.store.verify().problems).toEqual([]);
});

it('counts equal those of a reference model after any resolves, discards and retries', async () => {
  const action = fc.record({
    index: fc.nat({ max: 5 }),
    what: fc.constantFrom('new', 'known', 'conflict', 'bad', 'discard'),
  });
  const kind = fc.constantFrom('rejected', 'conflict');
  await fc.assert(
    fc.asyncProperty(
      fc.array(kind, { minLength: 1, maxLength: 6 }),
      fc.array(action, { maxLength: 20 }),
      async (rejected, actions) => {
        const opened = await openApp();
        const line = (id: string, price: string) => `${id},2020-01-01,p,${price},u`;
        const text = [
          'click_id,created_at,product_id,product_price,user_id',
          line('known', '1'),
          ...rejected.map((each) => (each === 'conflict' ? line('known', '2') : line('x', ''))),
        ].join('\n');
        const { id: importId } = await opened.importFile('transactions', { name: 'file', text });
        const states = rejected.map(() => 'OPEN');
        const applied = rejected.map(() => '');
        const record = { created_at: '2020-01-01', product_id: 'p', user_id: 'u' };
        for (const { index, what } of actions) {
          if (index >= rejected.length) continue;
          const corrected = {
            new: { ...record, click_id: `new ${index}`, product_price: 1 },
            known: { ...record, click_id: 'known', product_price: 1 },
            conflict: { ...record, click_id: 'known', product_price: 2 },
            bad: {},
            discard: {},
          }[what];
          const { rejects } = opened.app.domains;
          const isDone = await (what === 'discard'
            ? rejects.discard(index + 1, 'why')
            : rejects.resolve(index + 1, JSON.stringify(corrected))
          ).then(
            () => true,
            () => false,
          );
          const endState = { new: 'RESOLVED', known: 'RESOLVED', discard: 'DISCARDED' }[what as 'new'];
          const expected =
            endState !== undefined &&
            (states[index] === 'OPEN' ||
              (states[index] === endState && (applied[index] === what || what === 'discard')));
          expect(isDone).toBe(expected);
          if (isDone && states[index] === 'OPEN') [states[index], applied[index]] = [endState as string, what];
        }
        const left = (each: string) =>
          rejected.filter((was, index) => was === each && applied[index]?.match(/^(|discard)$/));
        const count = (what: string) => applied.filter((each) => each === what).length;
        const [imported] = opened.app.domains.imports.importsByIds([importId]);
        expect(imported).toMatchObject({
          read: rejected.length + 1,
          accepted: 1 + count('new'),
          unchanged: count('known'),
          conflicts: left('conflict').length,
          rejected: left('rejected').length,
          state: left('conflict').length + left('rejected').length === 0 ? 'SUCCEEDED' : 'SUCCEEDED_WITH_REJECTS',
        });
        expect(rowsInMemory(opened)).toBe(1 + count('new'));
        expect(opened.app.store.verify().problems).toEqual([]);
        await opened.close();
      },
    ),
    { numRuns: 20 },
  );
}, 60_000);

it('verify finds a settlement that does not match the ledger', async () => {
  const opened = await fresh();
  await opened.importFile('user-status', { name: 'file', text: kinds['user-status'].text });
  await opened.app.domains.rejects.resolve(1, JSON.stringify(kinds['user-status'].corrected));
  await opened.app.store.write((tx) => tx.update(rejectedRecords, { id: 1 }, { settledSeq: 9 }));
  expect(opened.app.store.verify().problems).toEqual(['rejected_records: 1 says it became record 9, which is not so']);
  await opened.app.store.write((tx) => tx.update(rejectedRecords, { id: 1 }, { settledSeq: 2, state: 'OPEN' }));
  expect(opened.app.store.verify().problems).toHaveLength(2);
});
