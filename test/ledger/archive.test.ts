import { cpSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';
import { archiveRecords, stepping } from '../support/archive.ts';
import { anyWrite, type HistoryWrite, writeHistory } from '../support/histories.ts';
import { indexedAnswers, indexedWrite, performIndexed } from '../support/index-file-answers.ts';
import { dataFolder } from '../support/store.ts';

/** Every start reads all records. */
const withoutIndexFile = { indexFileRecords: '0', indexFileStopRecords: '0', now: '2025-11-01T00:00:00Z' };
const open = (data: string): Promise<OpenApp> => openApp({ data, settings: withoutIndexFile });

type Write = HistoryWrite | (typeof indexedWrite extends fc.Arbitrary<infer W> ? W : never);
const writes: fc.Arbitrary<Write[]> = fc.array(fc.oneof<fc.Arbitrary<Write>[]>(anyWrite, indexedWrite), {
  minLength: 1,
  maxLength: 12,
});

const write = async (opened: OpenApp, list: readonly Write[], from: number): Promise<void> => {
  for (const [index, each] of list.entries())
    if ('user' in each && 'value' in each && typeof each.user === 'number')
      await writeHistory(opened, [each as HistoryWrite]);
    else await performIndexed(opened, each as never, from + index);
};

const answers = async (opened: OpenApp, sequences: readonly (number | undefined)[]): Promise<unknown[]> => {
  const found = [];
  for (const sequence of sequences) found.push(await indexedAnswers(opened, sequence));
  return found;
};

it('answers do not change when records are archived, nor what is stored afterwards', async () => {
  await fc.assert(
    fc.asyncProperty(
      writes,
      writes,
      fc.double({ min: 0, max: 1.2, noNaN: true }),
      fc.record({ segmentRecords: fc.integer({ min: 1, max: 9 }), step: fc.nat(40) }),
      async (before, after, cut, { segmentRecords, step }) => {
        const root = dataFolder();
        const [data, plain] = [join(root, 'data'), join(root, 'plain')];
        const first = await open(data);
        await write(first, before, 0);
        const { sequence } = first.app.ledger.snapshot();
        await first.close();
        cpSync(data, plain, { recursive: true });
        const reference = await open(plain);
        const running = await open(data);
        const request = { data, before: Math.ceil(cut * sequence) + 1, segmentRecords };
        // First one that is interrupted, if it gets that far.
        const interrupted = archiveRecords(
          request,
          stepping((number) => {
            if (number === step) throw new Error('interrupted');
          }),
        );
        await interrupted.catch((error: Error) => expect(error.message).toBe('interrupted'));
        const sequences = [undefined, Math.ceil(sequence / 2), sequence];
        expect(await answers(running, sequences)).toEqual(await answers(reference, sequences));
        await archiveRecords(request);
        await write(running, after, 1000);
        await write(reference, after, 1000);
        expect(await answers(running, sequences)).toEqual(await answers(reference, sequences));
        // Repeats of what is archived.
        await write(
          running,
          before.filter((each) => 'value' in each),
          2000,
        );
        await write(
          reference,
          before.filter((each) => 'value' in each),
          2000,
        );
        expect(await answers(running, sequences)).toEqual(await answers(reference, sequences));
        await archiveRecords({ ...request, before: running.app.ledger.snapshot().sequence + 1 });
        await running.close();
        await reference.close();
        const [again, referenceAgain] = [await open(data), await open(plain)];
        expect(await answers(again, sequences)).toEqual(await answers(referenceAgain, sequences));
        expect(again.app.store.verify().problems).toEqual(referenceAgain.app.store.verify().problems);
        await again.close();
        await referenceAgain.close();
      },
    ),
    { numRuns: 5, endOnFailure: true },
  );
}, 240_000);
