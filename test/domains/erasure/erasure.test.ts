import { getTableColumns, is } from 'drizzle-orm';
import { SQLiteTable } from 'drizzle-orm/sqlite-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as tables from '../../../db/tables/index.ts';
import { personTables } from '../../../src/domains/erasure/erasure.ts';
import { namingOf } from '../../../src/domains/erasure/person-pattern.ts';
import { type AnyWrite, anyWrite, perform } from '../../support/any-writes.ts';
import { openApp } from '../../support/app.ts';
import { dataFolder, rawConnection } from '../../support/store.ts';

const answers = `{
  users(orderBy: { by: NAME, direction: DESC }) {
    totalCount nodes { userId country firstName birthDate hasImage image { sha256 } }
  }
  userStatistics(where: { ageAt: "2024-01-01" }) {
    count withImage averageAge medianAge byCountry { label count } byStatus(at: "2020-06-03") { label count }
  }
  enrichedAggregate(groupBy: [USER_STATUS, CITY, COUNTRY]) {
    nodes { key { userStatus city country } measures { count sum } } total { count sum }
  }
  a: user(userId: "a") { userId }
  b: user(userId: "b") { statusTimeline { status validFrom validTo } transactions { totalCount nodes { transactionId } } }
  c: user(userId: "c") { statusTimeline { status validFrom validTo } transactions { totalCount nodes { transactionId } } }
  conversations { totalCount } followups { totalCount }
}`;

/** What a store says after these writes, and after a person is erased from it. */
const answersAfter = async (writes: readonly AnyWrite[], erased?: string) => {
  const data = dataFolder();
  const opened = await openApp({ data });
  for (const [number, each] of writes.entries()) if (!isOf(each, 'a') || erased) await perform(opened, each, number);
  await opened.close();
  if (erased !== undefined) {
    const { app, close } = await openApp({ data, start: false });
    const { eraser } = app.domains;
    const request = { userId: erased, rows: [] };
    await (await eraser.find(request)).erase();
    expect(await eraser.find(request)).toMatchObject({ isEmpty: true, firstSequence: null });
    expect(app.store.verify().problems).toEqual([]);
    await eraser.finish();
    await close();
  }
  const again = await openApp({ data });
  const { data: found, errors } = await again.query(answers);
  expect(errors).toBeUndefined();
  expect(again.app.ledger.damages).toEqual([]);
  expect(again.app.store.verify().problems).toEqual([]);
  await again.close();
  return found;
};

const isOf = (write: AnyWrite, userId: string): boolean => 'userId' in write && write.userId === userId;

describe('erasing a person', () => {
  it('leaves a sound store that answers like one that never had the person', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyWrite, { minLength: 1, maxLength: 15 }), async (writes) => {
        expect(await answersAfter(writes, 'a')).toEqual(await answersAfter(writes));
      }),
      { numRuns: 20 },
    );
  }, 300_000);

  it('covers every table with a user or a conversation', () => {
    const covered = Object.values(personTables).map(([table]) => table as SQLiteTable);
    for (const [name, table] of Object.entries(tables)) {
      const columns = is(table, SQLiteTable) ? Object.keys(getTableColumns(table)) : [];
      expect(covered.includes(table), name).toBe(columns.includes('userId') || columns.includes('uuid'));
    }
  });

  it('accounts for exactly the records that it erased', async () => {
    const data = dataFolder();
    const text = ['user_id,created_at,status', 'a,2020-01-01,paying', 'b,2020-01-01,paying', 'a,2020-01-02,paying'];
    const opened = await openApp({ data });
    await opened.importFile('user-status', { name: 'changes.csv', text: text.join('\n') });
    const found = await opened.app.domains.eraser.find({ userId: 'a', rows: [] });
    expect(found.firstSequence).toBe(1);
    await found.erase();
    expect(opened.app.store.verify().problems).toEqual([]);
    const raw = rawConnection(data);
    raw.exec('delete from status_changes where seq = 2');
    expect(opened.app.store.verify().problems).toContainEqual('ledger: record 2 is missing');
    raw.exec(
      'insert or replace into erased_records select 2, table_name, recorded_at_us, import_id, null, 0 from erased_records',
    );
    expect(opened.app.store.verify().problems).toContainEqual('erased_records: row 2 was not stored by asof');
    raw.exec('delete from erased_records');
    expect(opened.app.store.verify().problems).toContainEqual('erased_records: row 1 is missing');
    await opened.close();
  });
});

describe('a text names a person', () => {
  it.each([
    ['u-7', 'x,u-7,y'],
    ['u-7', '{"user_id":"u-7"}'],
    ['7', 'a;7;3.5'],
    ['a"b', '"a""b",1'],
    ['a"b', '{"id":"a\\"b"}'],
    ['ä', 'https://example.org/%C3%A4?x'],
    ['a.b+c@example.org', 'mail to a.b+c@example.org.'],
    ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000A'],
  ])('%s in %s', (userId, text) => expect(namingOf(userId)(text)).toBe(true));

  it.each([
    ['u-7', 'u-71'],
    ['u-7', 'xu-7'],
    ['7', '17,7.5,3.7'],
    ['a.c', 'abc'],
    ['ada', 'ADA'],
    ['u', 'ü,u_1'],
  ])('%s not in %s', (userId, text) => expect(namingOf(userId)(text)).toBe(false));
});
