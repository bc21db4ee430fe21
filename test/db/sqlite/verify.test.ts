import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openClient } from '../../../db/sqlite/file/client.ts';
import { SqliteTransaction } from '../../../db/sqlite/transaction/transaction.ts';
import { serve, startAsof } from '../../cli/asof-process.ts';
import { openApp } from '../../support/app.ts';
import { appendChange, dataFolder, rawConnection, testStore } from '../../support/store.ts';

/** A store with ten records in ten commits and one import of three. */
const filled = async () => {
  const opened = await openApp({ data: dataFolder() });
  onTestFinished(opened.close);
  const text = [
    'user_id,created_at,status',
    'a,2020-01-01,paying',
    'b,2020-01-01,paying',
    'c,2020-01-01,paying',
    'd,,',
  ];
  await opened.importFile('user-status', { name: 'changes.csv', text: text.join('\n') });
  for (let index = 0; index < 7; index++) await opened.app.store.write(appendChange(`u${index}`));
  const raw = rawConnection(opened.data);
  expect(opened.app.store.verify().problems).toEqual([]);
  return { raw, verify: () => opened.app.store.verify().problems };
};

describe('verify', () => {
  it.each([
    ['a record that was deleted', 'delete from status_changes where seq = 5', ['ledger: record 5 is missing']],
    ['the newest record deleted', 'delete from status_changes where seq = 10', ['ledger: record 10 is missing']],
    [
      'a time that was changed',
      'update status_changes set recorded_at_us = 1 where seq = 5',
      ['record 5 does not carry'],
    ],
    ['a commit dated back', 'update commits set recorded_at_us = 1 where last_seq = 9', ['commit up to 9', 'record 9']],
    ['a wrong count', 'update imports set accepted = 4, read = 5', ['it stored 4 records, 3 are there']],
    ['an account that does not add up', 'update imports set read = 5', ['read 5 records and accounts for 4']],
    [
      'a reject that was deleted',
      'delete from rejected_records',
      ['1 records were not imported, 0 rejected records are stored'],
    ],
    [
      'an imported record given to the API',
      'update status_changes set import_id = null where seq = 1',
      ['2 are there'],
    ],
  ])('finds %s', async (_what, sql, expected) => {
    const { raw, verify } = await filled();
    raw.exec(sql);
    const problems = verify().join('\n');
    for (const part of expected) expect(problems).toContain(part);
  });
});

it('verify does not report what another process commits meanwhile as damage', async () => {
  const data = dataFolder();
  const checking = { now: false };
  const store = testStore({
    data,
    onStatement(sql) {
      if (!checking.now || !sql.includes('sqlite_sequence')) return;
      checking.now = false;
      client.exec('begin immediate');
      tx.begin();
      appendChange('bob')(tx);
      tx.end();
      client.exec('commit');
    },
  });
  const client = openClient(join(data, 'asof.sqlite'));
  onTestFinished(() => void client.close());
  const tx = new SqliteTransaction(client, { nowUs: () => 0, firstSequence: 1 }, null);
  await store.write(appendChange());
  checking.now = true;
  expect(store.verify()).toMatchObject({ problems: [] });
  expect(checking.now).toBe(false);
  expect(store.verify()).toMatchObject({ problems: [], records: 2 });
});

it('a connection runs with synchronous=FULL, also on a file that is opened again', () => {
  const path = join(dataFolder(), 'asof.sqlite');
  for (const index of [1, 2, 3]) {
    const client = openClient(path);
    client.exec(`begin; insert into commits (last_seq, recorded_at_us) values (${index}, 0); commit`);
    expect(client.pragma('synchronous', { simple: true })).toBe(2);
    expect(client.pragma('journal_mode', { simple: true })).toBe('wal');
    client.close();
  }
});

it('an import that is killed leaves matching counts, and the next server ends it', async () => {
  const data = dataFolder();
  // More than a process imports before it is killed, however busy the machine is.
  const rows = 200_000;
  const lines = Array.from({ length: rows }, (_, index) =>
    index % 100 === 7 ? 'u,never,paying' : `u${index},2020-01-01,paying`,
  );
  const file = join(dataFolder(), 'changes.csv');
  writeFileSync(file, ['user_id,created_at,status', ...lines].join('\n'));
  testStore({ data }).close();
  const raw = rawConnection(data);
  const importing = startAsof(['import', 'user-status', file, '--data', data], { ASOF_BATCH_RECORDS: '50' });
  const recordsRead = () => raw.prepare('select max(read) from imports').pluck().get() as number | null;
  while ((recordsRead() ?? 0) < 2000) await delay(2);
  importing.child.kill('SIGKILL');
  await importing.closed;

  const store = testStore({ data });
  expect(store.verify().problems).toEqual([]);
  const current = raw.prepare('select * from imports').get() as Record<string, number>;
  expect(current).toMatchObject({ state: 'RUNNING', read: expect.any(Number) });
  expect(current.read).toBeLessThan(rows);
  expect(current.read).toBe(Number(current.accepted) + Number(current.rejected));
  store.close();

  const server = await serve(['--data', data]);
  const answer = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      query: '{ imports { nodes { state read accepted rejected finishedAt failure { code } } } }',
    }),
  });
  expect(await answer.json()).toEqual({
    data: {
      imports: {
        nodes: [
          {
            state: 'FAILED',
            read: current.read,
            accepted: current.accepted,
            rejected: current.rejected,
            finishedAt: expect.any(String),
            failure: { code: 'INTERRUPTED' },
          },
        ],
      },
    },
  });
  expect(await server.stop()).toBe(0);

  const again = await openApp({ data });
  onTestFinished(again.close);
  const second = await again.importFile('user-status', file);
  expect(second).toMatchObject({ read: rows, unchanged: current.accepted, rejected: rows / 100 });
  expect(again.app.store.verify().problems).toEqual([]);
});
