import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createRandom } from '../../src/demo/random.ts';
import { createCommitLog } from '../../src/ledger/commit-log.ts';

const steps = fc.array(
  fc.record({ records: fc.integer({ min: 1, max: 3 }), laterUs: fc.integer({ min: 0, max: 2 }) }),
  {
    maxLength: 40,
  },
);

it('finds the sequence by time and the time by sequence as a list does, equal times included', () => {
  fc.assert(
    fc.property(fc.constantFrom(0, 1015, 2040), steps, (earlier, made) => {
      const log = createCommitLog();
      const commits = Array.from({ length: earlier }, (_, index) => ({ lastSeq: 2 * index + 2, atUs: 10 + 3 * index }));
      for (const { records, laterUs } of made) {
        const { lastSeq, atUs } = commits.at(-1) ?? { lastSeq: 0, atUs: 10 };
        commits.push({ lastSeq: lastSeq + records, atUs: atUs + laterUs });
      }
      for (const { lastSeq, atUs } of commits) log.add(lastSeq, atUs);
      const last = commits.at(-1) ?? { lastSeq: 0, atUs: 10 };
      const first = commits[earlier - 20] ?? { lastSeq: 0, atUs: 8 };
      for (let atUs = first.atUs; atUs <= last.atUs + 2; atUs++)
        expect(log.sequenceAt(atUs)).toBe(commits.findLast((commit) => commit.atUs <= atUs)?.lastSeq ?? 0);
      for (let { lastSeq: seq } = first; seq <= last.lastSeq + 2; seq++) {
        const holding = seq === 0 ? undefined : commits.find((commit) => commit.lastSeq >= seq);
        expect(log.recordedAtUs(seq)).toBe(holding?.atUs ?? null);
      }
    }),
  );
});

it('takes a few bytes for each of many commits', () => {
  const log = createCommitLog();
  const random = createRandom(5);
  let [lastSeq, atUs] = [0, 1_750_000_000_000_000];
  for (let commit = 0; commit < 50_000; commit++) {
    lastSeq += 1 + random.below(5);
    atUs += 1 + random.below(20_000);
    log.add(lastSeq, atUs);
  }
  // Two numbers of 8 bytes otherwise, half as much again while they grow.
  expect(log.byteLength / log.commits).toBeLessThan(6);
});
