import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { statusCodes } from '../../../src/domains/user-status/status.ts';
import { formatInstant } from '../../../src/lib/time.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { ingest } from '../../support/ingest.ts';
import {
  holds,
  isRepeatedChange,
  type ReferenceRecord,
  referenceDecider,
  referenceIgnored,
  referencePeriods,
} from '../../support/reference-timeline.ts';
import { dataFolder } from '../../support/store.ts';

const baseUs = Date.UTC(2020, 0, 1) * 1000;
const users = ['a', 'b'];

const change = fc.record({
  userId: fc.constantFrom(...users),
  effectiveAtUs: fc
    .oneof(fc.integer({ min: 0, max: 3 }), fc.constantFrom(60_000_000, 61_000_000))
    .map((us) => baseUs + us),
  status: fc.constantFrom(...statusCodes),
});
/** What one day brings; the clock may stand still or go back between two of them. */
const day = fc.record({
  nowUs: fc.integer({ min: 0, max: 4 }).map((us) => baseUs + us * 10),
  byImport: fc.boolean(),
  changes: fc.array(change, { maxLength: 7 }),
});
type Day = typeof day extends fc.Arbitrary<infer D> ? D : never;

const csvOf = (changes: Day['changes']): string => {
  const rows = changes.map((each) => `${each.userId},${formatInstant(each.effectiveAtUs)},${each.status}`);
  return ['user_id,created_at,status', ...rows].join('\n');
};

const recordDay = async (opened: OpenApp, { byImport, changes }: Day): Promise<string[]> => {
  const { imports, importers } = opened.app.domains;
  if (!byImport) return (await ingest(imports, importers.statusChanges, changes)).outcomes.map(({ kind }) => kind);
  await opened.importFile('user-status', { name: 'day.csv', text: csvOf(changes) });
  return [];
};

/** Records the days, each under its own clock, and returns the list of the reference model. */
const live = async (data: string, days: readonly Day[]): Promise<{ opened: OpenApp; records: ReferenceRecord[] }> => {
  const records: ReferenceRecord[] = [];
  const files = new Set<string>();
  let recordedAtUs = 0;
  for (const each of days) {
    const opened = await openApp({ data, settings: { now: formatInstant(each.nowUs) } });
    // The same file again adds nothing, whatever has been corrected since.
    const isRepeat = each.byImport && files.has(csvOf(each.changes));
    if (each.byImport) files.add(csvOf(each.changes));
    const expected = each.changes.map((one) => {
      if (isRepeat || isRepeatedChange(records, one)) return 'DUPLICATE';
      recordedAtUs = Math.max(recordedAtUs, each.nowUs);
      records.push({ ...one, seq: records.length + 1, recordedAtUs });
      return 'CREATED';
    });
    const results = await recordDay(opened, each);
    if (!each.byImport) expect(results).toEqual(expected);
    await opened.close();
  }
  return { opened: await openApp({ data }), records };
};

const near = (instants: readonly number[]): number[] => [...new Set(instants.flatMap((us) => [us - 1, us, us + 1]))];

/** Everything that can be known: all, up to each record, and by the clock, just before, at and after each recording. */
const knowledgeOf = (records: readonly ReferenceRecord[]) => [
  { knowledge: {}, sequence: records.length },
  ...[0, ...records.map(({ seq }) => seq)].map((sequence) => ({ knowledge: { sequence }, sequence })),
  ...near([baseUs, ...records.map(({ recordedAtUs }) => recordedAtUs)]).map((knownAtUs) => ({
    knowledge: { knownAtUs },
    sequence: records.findLast(({ recordedAtUs }) => recordedAtUs <= knownAtUs)?.seq ?? 0,
  })),
];

const history = fc.array(day, { minLength: 1, maxLength: 4 });

it('status, period, timeline and explanation agree with the reference model, as of every sequence', async () => {
  const compare = async (days: readonly Day[], spans: readonly [number, number][]) => {
    const { opened, records } = await live(dataFolder(), days);
    const { userStatus } = opened.app.domains;
    const instants = near([baseUs, ...records.map(({ effectiveAtUs }) => effectiveAtUs)]);
    for (const { knowledge, sequence } of knowledgeOf(records))
      for (const userId of [...users, 'nobody']) {
        const periods = referencePeriods(records, userId, sequence);
        const plain = ({ status, validFromUs, validToUs }: (typeof periods)[number]) => ({
          status,
          validFromUs,
          validToUs,
        });
        expect(userStatus.timeline(userId, {}, knowledge).map(plain)).toEqual(periods);
        for (const [fromUs, toUs] of spans) {
          const inside = periods.filter(
            (period) =>
              holds(period, fromUs) ||
              (period.validFromUs !== null && period.validFromUs >= fromUs && period.validFromUs < toUs),
          );
          expect(userStatus.timeline(userId, { fromUs, toUs }, knowledge).map(plain)).toEqual(inside);
        }
        for (const atUs of instants) {
          const answer = userStatus.statusAt(userId, atUs, knowledge);
          const decider = referenceDecider(records, userId, atUs, sequence);
          expect(answer).toEqual({
            userId,
            atUs,
            sequence,
            decidedBySeq: decider?.seq ?? null,
            ...periods.find((period) => holds(period, atUs)),
          });
          const isKnown = records.some((record) => record.userId === userId && record.seq <= sequence);
          expect(userStatus.explain(answer)).toEqual({
            rule: decider ? 'LATEST_CHANGE_AT_OR_BEFORE' : isKnown ? 'NO_CHANGE_YET' : 'UNKNOWN_USER',
            decidedBySeq: decider?.seq ?? null,
            ignored: referenceIgnored(records, userId, atUs, sequence),
          });
        }
      }
    await opened.close();
  };
  const span = fc
    .tuple(fc.integer({ min: -1, max: 5 }), fc.integer({ min: 1, max: 5 }))
    .map(([from, width]): [number, number] => [baseUs + from, baseUs + from + width]);
  await fc.assert(fc.asyncProperty(history, fc.array(span, { maxLength: 3 }), compare), { numRuns: 20 });
}, 60_000);

const document = `query ($userId: ID!, $date: DateTime!, $asOf: AsOfInput) {
  userStatus(userId: $userId, date: $date, asOf: $asOf) {
    userId at status validFrom validTo
    explanation { rule decidedBy { provenance { sequence } } ignored { reason change { provenance { sequence } } } }
  }
  user(userId: $userId, asOf: $asOf) { statusTimeline { status validFrom validTo } }
}`;

it('GraphQL returns the status, timeline and explanation of the reference model', async () => {
  const compare = async (days: readonly Day[]) => {
    const { opened, records } = await live(dataFolder(), days);
    const name = { 'non-paying': 'NON_PAYING', paying: 'PAYING', cancelled: 'CANCELLED' } as const;
    const iso = (us: number | null) => (us === null ? null : formatInstant(us));
    for (const { knowledge, sequence } of knowledgeOf(records)
      .filter(({ knowledge }) => !('sequence' in knowledge))
      .slice(0, 4))
      for (const atUs of near(records.map(({ effectiveAtUs }) => effectiveAtUs)).slice(0, 4)) {
        const [userId = ''] = users;
        const knownAtUs = 'knownAtUs' in knowledge ? knowledge.knownAtUs : null;
        const { data, errors } = await opened.query(document, {
          userId,
          date: iso(atUs),
          asOf: { knownAt: iso(knownAtUs ?? null) },
        });
        expect(errors).toBeUndefined();
        const periods = referencePeriods(records, userId, sequence).map((period) => ({
          status: name[period.status],
          validFrom: iso(period.validFromUs),
          validTo: iso(period.validToUs),
        }));
        const holding = referencePeriods(records, userId, sequence).findIndex((period) => holds(period, atUs));
        const decider = referenceDecider(records, userId, atUs, sequence);
        const isKnown = records.some((record) => record.userId === userId && record.seq <= sequence);
        expect(data).toEqual({
          userStatus: {
            userId,
            at: iso(atUs),
            ...periods[holding],
            explanation: {
              rule: decider ? 'LATEST_CHANGE_AT_OR_BEFORE' : isKnown ? 'NO_CHANGE_YET' : 'UNKNOWN_USER',
              decidedBy: decider ? { provenance: { sequence: decider.seq } } : null,
              ignored: referenceIgnored(records, userId, atUs, sequence).map(({ seq, reason }) => ({
                reason,
                change: { provenance: { sequence: seq } },
              })),
            },
          },
          user: isKnown ? { statusTimeline: periods } : null,
        });
      }
    await opened.close();
  };
  await fc.assert(fc.asyncProperty(history, compare), { numRuns: 6 });
}, 60_000);

describe('a change of status', () => {
  const fresh = async () => {
    const opened = await openApp();
    onTestFinished(opened.close);
    const { imports, importers, userStatus } = opened.app.domains;
    const send = async (...statuses: (typeof statusCodes)[number][]) =>
      (
        await ingest(
          imports,
          importers.statusChanges,
          statuses.map((status) => ({ userId: 'a', effectiveAtUs: baseUs, status })),
        )
      ).outcomes.map(({ kind }) => kind);
    const importFile = (...statuses: string[]) =>
      opened.importFile('user-status', {
        name: 'f.csv',
        text: ['user_id,created_at,status', ...statuses.map((status) => `a,2020-01-01,${status}`)].join('\n'),
      });
    return { send, importFile, status: () => userStatus.statusAt('a', baseUs).status };
  };

  it('a change of status can be corrected, and the correction reverted', async () => {
    const { send, status } = await fresh();
    expect(await send('paying', 'cancelled', 'paying', 'paying')).toEqual([
      'CREATED',
      'CREATED',
      'CREATED',
      'DUPLICATE',
    ]);
    expect(status()).toBe('paying');
  });

  it('changes of status of a file apply in the order of the file, and the same file again changes nothing', async () => {
    const { importFile, send, status } = await fresh();
    expect(await importFile('paying', 'cancelled', 'paying', 'paying')).toMatchObject({ accepted: 3, unchanged: 1 });
    expect(status()).toBe('paying');
    expect(await importFile('paying', 'cancelled', 'paying', 'paying')).toMatchObject({ accepted: 0, unchanged: 4 });
    expect(await send('non-paying')).toEqual(['CREATED']);
    expect(await importFile('paying', 'cancelled', 'paying', 'paying')).toMatchObject({ accepted: 0, unchanged: 4 });
    expect(status()).toBe('non-paying');
  });

  it('a change of status of a later file replaces one of an earlier file, and the earlier file again changes nothing', async () => {
    const { importFile, status } = await fresh();
    expect(await importFile('paying')).toMatchObject({ accepted: 1 });
    expect(await importFile('cancelled', 'paying')).toMatchObject({ accepted: 2 });
    expect(status()).toBe('paying');
    expect(await importFile('paying')).toMatchObject({ accepted: 0, unchanged: 1 });
    expect(await importFile('cancelled', 'paying')).toMatchObject({ accepted: 0, unchanged: 2 });
    expect(status()).toBe('paying');
  });

  it.each(['', 'a\0b', '\ud800', 'x'.repeat(257)])(
    'a change of status with the id %j is rejected, and so is a query with it',
    async (userId) => {
      const opened = await openApp();
      onTestFinished(opened.close);
      const { imports, rejects, importers, userStatus } = opened.app.domains;
      const { outcomes, rejectedIds } = await ingest(imports, importers.statusChanges, [
        { userId, effectiveAtUs: baseUs, status: 'paying' },
      ]);
      expect(outcomes).toMatchObject([{ kind: 'REJECTED', problems: [{ path: 'user_id' }] }]);
      expect(rejects.byIds(rejectedIds)).toMatchObject([{ source: 'api', line: null, importId: null, state: 'OPEN' }]);
      expect(() => userStatus.statusAt(userId, baseUs)).toThrow('userId');
    },
  );
});
