import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cutStore } from '../../../db/open.ts';
import { anyWrite, perform } from '../../support/any-writes.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { snapshotDocument, snapshotPaths } from '../../support/snapshot-document.ts';
import { dataFolder } from '../../support/store.ts';

const settings = { ipTableCacheBytesMax: '1' };

/** A write of any kind, records of events with and without ids, and files with faulty lines. */
const anyChange = fc.oneof(
  { weight: 3, arbitrary: anyWrite },
  fc.record({ kind: fc.constant('events' as const), count: fc.integer({ min: 1, max: 4 }), hasIds: fc.boolean() }),
  fc.record({ kind: fc.constant('faulty' as const), lines: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ kind: fc.constant('settle' as const), discard: fc.boolean() }),
);
type Change = typeof anyChange extends fc.Arbitrary<infer C> ? C : never;

const change = async (opened: OpenApp, each: Change, number: number): Promise<void> => {
  const { rejects } = opened.app.domains;
  if (each.kind === 'events') {
    const events = Array.from({ length: each.count }, (_, index) => ({
      ...(each.hasIds ? { event_id: `e${(number + index) % 5}` } : {}),
      ...{ user_id: 'a', account_type: 'free', date: '2023-05-01', event_type: null, order_value: 1, version: 'A' },
    }));
    const headers = { 'content-type': 'application/x-ndjson', 'idempotency-key': `k${number % 3}` };
    const body = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    await (await opened.get('/events', { method: 'POST', headers, body })).text();
  } else if (each.kind === 'faulty') {
    const rows = Array.from({ length: each.lines }, (_, line) =>
      line % 2 === 0 ? `z${line},nonsense,paying` : `z${line},2020-06-02,paying`,
    );
    await opened.importFile('user-status', {
      name: `faulty-${number}.csv`,
      text: ['user_id,created_at,status', ...rows].join('\n'),
    });
  } else if (each.kind === 'settle') {
    const { rows } = rejects.page({ state: 'OPEN' }, { limit: 1, fromEnd: false });
    const [reject] = rows;
    if (!reject) return;
    if (each.discard) await rejects.discard(reject.id, 'not needed');
    else
      await rejects.resolve(
        reject.id,
        JSON.stringify({ user_id: `fixed${number % 2}`, created_at: '2020-06-02', status: 'paying' }),
      );
  } else await perform(opened, each, number);
};

const answersAt = async (opened: OpenApp, sequence: number): Promise<readonly string[]> => {
  const result = await opened.query(snapshotDocument('id'), { asOf: { sequence } });
  expect(result.errors).toBeUndefined();
  const monitor = await opened.get(`/monitor?sequence=${sequence}`);
  const rest = snapshotPaths.map(async (path) => (await opened.get(`${path}&sequence=${sequence}`)).text());
  return [JSON.stringify(result.data), await monitor.text(), ...(await Promise.all(rest))];
};

it('a store that is cut at any sequence number is sound and answers as the original as of that number', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyChange, { minLength: 1, maxLength: 12 }),
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 3 }),
      async (changes, parts) => {
        const data = dataFolder();
        const original = await openApp({ data, settings });
        for (const [number, each] of changes.entries()) await change(original, each, number);
        const last = original.app.ledger.snapshot().sequence;
        for (const part of parts) {
          const sequence = Math.round(part * last);
          const copy = join(dataFolder(), 'copy');
          await cp(data, copy, { recursive: true });
          const { removedRecords } = cutStore(copy, sequence);
          expect(removedRecords).toBe(last - sequence);
          const restored = await openApp({ data: copy, settings });
          expect(restored.app.store.verify()).toMatchObject({ problems: [], records: sequence });
          expect(await answersAt(restored, sequence)).toEqual(await answersAt(original, sequence));
          // Without asOf, too: there is nothing later.
          expect(restored.app.ledger.snapshot().sequence).toBe(sequence);
          await restored.close();
        }
        await original.close();
      },
    ),
    { numRuns: 15 },
  );
}, 300_000);
