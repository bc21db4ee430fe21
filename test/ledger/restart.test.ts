import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';
import { anyWrite, type HistoryWrite, writeHistory } from '../support/histories.ts';
import { indexedAnswers, indexedWrite, performIndexed } from '../support/index-file-answers.ts';
import { dataFolder } from '../support/store.ts';

type IndexedWrite = typeof indexedWrite extends fc.Arbitrary<infer W> ? W : never;

const writes: fc.Arbitrary<(HistoryWrite | IndexedWrite)[]> = fc.array(
  fc.oneof<fc.Arbitrary<HistoryWrite | IndexedWrite>[]>(anyWrite, indexedWrite),
  { minLength: 1, maxLength: 30 },
);

/** No index file: the next start reads every record. */
const settings = { indexFileRecords: '0', indexFileStopRecords: '0', now: '2025-11-01T00:00:00Z' };

it('a server that has read every record answers as the one that got them one by one', async () => {
  await fc.assert(
    fc.asyncProperty(writes, fc.nat(30), async (list, questionAt) => {
      const data = dataFolder();
      const running = await openApp({ data, settings });
      for (const [index, write] of list.entries()) {
        // What is computed before further records come has to be kept right.
        if (index === questionAt) await indexedAnswers(running);
        if ('user' in write) await writeHistory(running, [write]);
        else await performIndexed(running, write, index);
      }
      const { sequence } = running.app.ledger.snapshot();
      const answers = async (opened: OpenApp): Promise<unknown[]> => [
        await indexedAnswers(opened),
        await indexedAnswers(opened, Math.ceil(sequence / 2)),
      ];
      const expected = await answers(running);
      await running.close();
      const again = await openApp({ data, settings });
      expect(again.app.ledger.rebuild).toMatchObject({ fromFile: 0, records: sequence });
      expect(await answers(again)).toEqual(expected);
      await again.close();
    }),
    { numRuns: 5 },
  );
}, 240_000);
