import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ExclusionRecord } from '../../../src/domains/excluded-users/exclusion-record.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { ingest } from '../../support/ingest.ts';
import { dataFolder } from '../../support/store.ts';

const baseUs = Date.UTC(2020, 0, 1) * 1000;
const users = ['a', 'b', 'c'];

const bound = fc.option(
  fc.integer({ min: 0, max: 5 }).map((us) => baseUs + us),
  { freq: 3 },
);
const record: fc.Arbitrary<ExclusionRecord> = fc
  .record({
    userId: fc.constantFrom(...users),
    kind: fc.constantFrom('EXCLUDED' as const, 'EXCLUDED' as const, 'EXCLUDED' as const, 'INCLUDED' as const),
    fromUs: bound,
    toUs: bound,
    reason: fc.constantFrom(null, 'bot', 'staff'),
  })
  .filter(({ fromUs, toUs }) => fromUs === null || toUs === null || fromUs < toUs)
  .map((each) => (each.kind === 'INCLUDED' ? { ...each, fromUs: null, toUs: null } : each));

type Stored = ExclusionRecord & { readonly seq: number };

/** The simple model: current exclusions are found anew from all records up to a sequence number. */
const currentAt = (records: readonly Stored[], sequence: number): Stored[] =>
  records.filter((each) => {
    const later = records.filter(({ seq, userId }) => userId === each.userId && seq > each.seq && seq <= sequence);
    const isEnded = later.some(
      ({ kind, fromUs, toUs }) => kind === 'INCLUDED' || (fromUs === each.fromUs && toUs === each.toUs),
    );
    return each.kind === 'EXCLUDED' && each.seq <= sequence && !isEnded;
  });

const contains = ({ fromUs, toUs }: Stored, atUs: number): boolean =>
  (fromUs === null || fromUs <= atUs) && (toUs === null || atUs < toUs);

const isKnown = (records: readonly Stored[], { userId, kind, fromUs, toUs, reason }: ExclusionRecord): boolean => {
  const current = currentAt(records, Number.POSITIVE_INFINITY).filter((each) => each.userId === userId);
  if (kind === 'INCLUDED') return current.length === 0;
  const same = current.find((each) => each.fromUs === fromUs && each.toUs === toUs);
  return same !== undefined && (reason === null || same.reason === reason);
};

const agrees = ({ app }: OpenApp, records: readonly Stored[]): void => {
  const { excludedUsers, users: registry } = app.domains;
  const instants = Array.from({ length: 9 }, (_each, index) => baseUs - 1 + index);
  const compare = (state: Pick<typeof excludedUsers, 'isExcludedAt' | 'userCount'>, sequence: number): void => {
    const current = currentAt(records, sequence);
    for (const userId of [...users, 'nobody'])
      for (const atUs of instants)
        expect(state.isExcludedAt(registry.codes.codeOf(userId) ?? -1, atUs)).toBe(
          current.some((each) => each.userId === userId && contains(each, atUs)),
        );
    expect(state.userCount).toBe(new Set(current.map(({ userId }) => userId)).size);
  };
  compare(excludedUsers, records.length);
  for (let sequence = 0; sequence <= records.length; sequence++) {
    const state = excludedUsers.at(sequence);
    compare(state, sequence);
    const current = currentAt(records, sequence);
    const page = excludedUsers.page({ sequence }, { limit: 100, fromEnd: false });
    expect(page.rows.map(({ seq }) => seq)).toEqual(current.map(({ seq }) => seq));
    expect(page.totalCount()).toBe(current.length);
    const flags = records.slice(0, sequence).map((each) => Number(current.includes(each)));
    expect([...excludedUsers.currentRowsAt(sequence)]).toEqual(flags);
  }
  for (const { seq, kind } of records) {
    const endSeq = records.find(
      (each) => !currentAt(records, each.seq).some((one) => one.seq === seq) && each.seq > seq,
    );
    if (kind === 'EXCLUDED') expect(excludedUsers.endSeqOf(seq)).toBe(endSeq?.seq ?? null);
  }
};

it('exclusions agree with the model as of every sequence, through every interface and after a restart', async () => {
  const batch = fc.record({ byImport: fc.boolean(), records: fc.array(record, { minLength: 1, maxLength: 6 }) });
  const compare = async (batches: readonly { byImport: boolean; records: ExclusionRecord[] }[]) => {
    const data = dataFolder();
    const opened = await openApp({ data });
    const { imports, importers, excludedUsers, users: registry } = opened.app.domains;
    const changed: string[] = [];
    excludedUsers.onChange((user) => changed.push(registry.codes.textOf(user)));
    const records: Stored[] = [];
    for (const [index, { byImport, records: added }] of batches.entries()) {
      const expected = added.map((each) => {
        if (isKnown(records, each)) return 'DUPLICATE';
        records.push({ ...each, seq: records.length + 1 });
        return 'CREATED';
      });
      if (byImport) {
        // A column of its own makes each file another one: the same file again adds nothing.
        const rows = added.map((each) => JSON.stringify({ ...importers.excludedUsers.wire(each), file: index }));
        await opened.importFile('excluded-users', { name: 'file.jsonl', text: rows.join('\n') });
      } else {
        const { outcomes } = await ingest(imports, importers.excludedUsers, added);
        expect(outcomes.map(({ kind }) => kind)).toEqual(expected);
      }
      // Looked up between the changes, so that no state of an earlier moment is answered.
      agrees(opened, records);
    }
    expect(changed).toEqual(records.map(({ userId }) => userId));
    await opened.close();
    const next = await openApp({ data });
    agrees(next, records);
    await next.close();
  };
  await fc.assert(fc.asyncProperty(fc.array(batch, { minLength: 1, maxLength: 5 }), compare), { numRuns: 25 });
}, 60_000);

it('pages of the list are parts of the whole list, in both directions, for every filter', async () => {
  const opened = await openApp();
  const { imports, importers, excludedUsers } = opened.app.domains;
  const added = fc.sample(record, { numRuns: 80, seed: 7 });
  await ingest(imports, importers.excludedUsers, added);
  const sequence = opened.app.ledger.snapshot().sequence;
  for (const filter of [
    {},
    { includesEnded: true },
    { userId: 'a' },
    { userId: 'a', includesEnded: true },
    { userId: 'nobody' },
    { validAtUs: baseUs + 3, includesEnded: true },
    { sequence: sequence >> 1 },
  ]) {
    const all = excludedUsers.page(filter, { limit: 1000, fromEnd: false });
    expect(all).toMatchObject({ hasBefore: false, hasAfter: false });
    expect(all.totalCount()).toBe(all.rows.length);
    for (const fromEnd of [false, true]) {
      const seqs: number[] = [];
      for (let edge: number | undefined; ; ) {
        const page = excludedUsers.page(filter, {
          limit: 3,
          fromEnd,
          ...(fromEnd ? { before: edge } : { after: edge }),
        });
        const found = page.rows.map(({ seq }) => seq);
        if (fromEnd) seqs.unshift(...found);
        else seqs.push(...found);
        if (!(fromEnd ? page.hasBefore : page.hasAfter)) break;
        edge = fromEnd ? found[0] : found.at(-1);
      }
      expect(seqs).toEqual(all.rows.map(({ seq }) => seq));
    }
    const [first, , third] = all.rows;
    const between = { limit: 10, fromEnd: false, after: first?.seq, before: third?.seq };
    expect(excludedUsers.page(filter, between).rows).toEqual(all.rows.slice(1, 2));
    expect(excludedUsers.page(filter, { ...between, fromEnd: true }).rows).toEqual(all.rows.slice(1, 2));
  }
  await opened.close();
});
