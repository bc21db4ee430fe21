import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { type OpenApp, openApp } from '../support/app.ts';

const data = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const present = existsSync(`${data}/transactions.json`);
const title = present
  ? 'the sample data of the clients'
  : 'the sample data of the clients (skipped: no ../shared/data)';

describe.skipIf(!present)(title, () => {
  let opened: OpenApp;

  beforeAll(async () => {
    opened = await openApp();
    await opened.importFile('user-status', `${data}/status_changes.json`);
    await opened.importFile('ip-ranges', `${data}/ip_ranges.json`);
    await opened.importFile('transactions', `${data}/transactions.json`);
    return opened.close;
  });

  const answerOf = async (path: string): Promise<unknown> => (await opened.get(path)).json();

  const known = [
    { user_status: 'non-paying', city: 'london', sum: 241, count: 2 },
    { user_status: 'non-paying', city: 'munich', sum: 541, count: 2 },
    { user_status: 'paying', city: 'london', sum: 341, count: 2 },
    { user_status: 'paying', city: 'munich', sum: 20.5, count: 1 },
    { user_status: 'cancelled', city: 'unknown', sum: 541, count: 2 },
  ];

  it('adds up to the known answer', async () => {
    expect(await answerOf('/transactions/aggregate')).toEqual(known);
  });

  it('adds nothing when the same file is imported again', async () => {
    const again = await opened.importFile('transactions', `${data}/transactions.json`);
    expect(again).toMatchObject({ state: 'SUCCEEDED', accepted: 0, unchanged: 9 });
    expect(await answerOf('/transactions/aggregate')).toEqual(known);
  });

  it.each([
    ['2016-10-10', 'non-paying'],
    ['2017-01-01T09:59:59.999999', 'non-paying'],
    ['2017-01-01T10:00:00', 'paying'],
    ['2017-02-10', 'cancelled'],
    ['2017-03-10', 'paying'],
    ['2017-10-10T10:00:00', 'paying'],
  ])('has user 1 at %s as %s', async (date, status) => {
    expect(await answerOf(`/user_status/1?date=${date}`)).toEqual({ user_status: status });
    expect(await answerOf(`/user_status?user_id=1&date=${date}`)).toEqual({ user_status: status });
  });

  it.each([
    ['10.10.0.0', 'london'],
    ['10.10.255.255', 'london'],
    ['192.168.2.0', 'munich'],
    ['172.16.11.255', 'munich'],
    ['172.16.12.0', 'unknown'],
    ['10.0.0.0', 'unknown'],
  ])('has %s in %s', async (ip, city) => {
    expect(await answerOf(`/ip_city/${ip}`)).toEqual({ city });
    expect(await answerOf(`/ip_city?ip=${ip}`)).toEqual({ city });
  });
});
