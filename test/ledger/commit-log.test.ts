import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createCommitLog } from '../../src/ledger/commit-log.ts';

const steps = fc.array(
  fc.record({ records: fc.integer({ min: 1, max: 3 }), laterUs: fc.integer({ min: 0, max: 2 }) }),
  {
    maxLength: 40,
  },
);

it('finds the sequence by time and the time by sequence as a list does, equal times included', () => {
  fc.assert(
    fc.property(steps, (made) => {
      const log = createCommitLog();
      const commits: { lastSeq: number; atUs: number }[] = [];
      for (const { records, laterUs } of made) {
        const { lastSeq, atUs } = commits.at(-1) ?? { lastSeq: 0, atUs: 10 };
        commits.push({ lastSeq: lastSeq + records, atUs: atUs + laterUs });
      }
      for (const { lastSeq, atUs } of commits) log.add(lastSeq, atUs);
      const last = commits.at(-1) ?? { lastSeq: 0, atUs: 10 };
      for (let atUs = 8; atUs <= last.atUs + 2; atUs++)
        expect(log.sequenceAt(atUs)).toBe(commits.findLast((commit) => commit.atUs <= atUs)?.lastSeq ?? 0);
      for (let seq = 0; seq <= last.lastSeq + 2; seq++) {
        const holding = seq === 0 ? undefined : commits.find((commit) => commit.lastSeq >= seq);
        expect(log.recordedAtUs(seq)).toBe(holding?.atUs ?? null);
      }
    }),
  );
});
