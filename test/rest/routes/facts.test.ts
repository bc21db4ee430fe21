import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { fixtureApp, statusAndBody } from '../../support/fixture-app.ts';

describe('the status of a user', () => {
  it('the status of a user is that of the last change at or before the instant', async () => {
    const { get } = await fixtureApp();
    const statusAt = async (date: string) => statusAndBody(await get(`/user_status/ada?date=${date}`));
    expect(await statusAt('2021-03-01T09:29:59.999999')).toEqual({ status: 200, body: { user_status: 'non-paying' } });
    expect((await statusAt('2021-03-01T09:30:00')).body).toEqual({ user_status: 'paying' });
    expect((await statusAt('2021-09-01')).body).toEqual({ user_status: 'paying' });
    expect((await statusAt('2021-09-01T00:00:00.000001Z')).body).toEqual({ user_status: 'cancelled' });
    expect((await statusAt('2021-09-01T00:59:59%2B01:00')).body).toEqual({ user_status: 'paying' });
  });

  it('ids are compared as text, and an unknown user is non-paying', async () => {
    const { get } = await fixtureApp();
    const statusOf = async (id: string) => (await statusAndBody(await get(`/user_status/${id}?date=2022-01-01`))).body;
    expect(await statusOf('7')).toEqual({ user_status: 'paying' });
    expect(await statusOf('0007')).toEqual({ user_status: 'cancelled' });
    expect(await statusOf('nobody')).toEqual({ user_status: 'non-paying' });
  });

  it('the user id can be sent in the query', async () => {
    const { get } = await fixtureApp();
    const answer = await statusAndBody(await get('/user_status?user_id=ada&date=2022-01-01'));
    expect(answer).toEqual({ status: 200, body: { user_status: 'cancelled' } });
  });

  it('percent-encoded ids are decoded', async () => {
    const { get, importFile } = await fixtureApp();
    const ids = ['a/b', 'zoë 名', '100%25', 'q?x=1&y#z', 'a+b', '..'];
    const lines = ids.map((id) => JSON.stringify({ user_id: id, created_at: '2021-01-01', status: 'paying' }));
    await importFile('user-status', { name: 'ids.jsonl', text: lines.join('\n') });
    const paying = { user_status: 'paying' };
    for (const id of ids) {
      const encoded = encodeURIComponent(id);
      expect((await statusAndBody(await get(`/user_status?date=2022-01-01&user_id=${encoded}`))).body, id).toEqual(
        paying,
      );
      // An address loses its dot segments before it is sent.
      if (id === '..') continue;
      expect((await statusAndBody(await get(`/user_status/${encoded}?date=2022-01-01`))).body, id).toEqual(paying);
    }
    expect((await statusAndBody(await get('/user_status/a+b?date=2022-01-01'))).body).toEqual(paying);
    expect((await statusAndBody(await get('/user_status?user_id=zo%C3%AB+%E5%90%8D&date=2022-01-01'))).body).toEqual(
      paying,
    );
  });
});

describe('the city of an address', () => {
  it('the city of an address is that of the range that contains it, both ends included', async () => {
    const { get } = await fixtureApp();
    const cityOf = async (ip: string) => statusAndBody(await get(`/ip_city/${ip}`));
    expect(await cityOf('10.20.0.0')).toEqual({ status: 200, body: { city: 'lund' } });
    expect((await cityOf('192.168.40.127')).body).toEqual({ city: 'lund' });
    expect((await cityOf('192.168.40.128')).body).toEqual({ city: 'São Tomé' });
    expect((await cityOf('192.168.42.0')).body).toEqual({ city: 'unknown' });
    expect((await cityOf('::ffff:10.20.1.1')).body).toEqual({ city: 'lund' });
    expect((await cityOf('2001:db8::1')).body).toEqual({ city: 'unknown' });
    expect((await statusAndBody(await get('/ip_city?ip=10.20.255.255'))).body).toEqual({ city: 'lund' });
  });
});

describe('the aggregate of transactions', () => {
  it('transactions are summed by status at their time and by city, in a fixed order', async () => {
    const { get } = await fixtureApp();
    const response = await get('/transactions/aggregate');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    // By hand: click 7 and 1; 2 and 3; 6; 4; then 5 and 8, whose addresses are in no range or not there.
    expect(await response.json()).toEqual([
      { user_status: 'non-paying', city: 'lund', sum: 20.29, count: 2 },
      { user_status: 'paying', city: 'São Tomé', sum: 100.000001, count: 1 },
      { user_status: 'paying', city: 'lund', sum: 20.09, count: 2 },
      { user_status: 'cancelled', city: 'São Tomé', sum: 0.2, count: 1 },
      { user_status: 'cancelled', city: 'unknown', sum: 105, count: 2 },
    ]);
  });

  it('a status change that arrives late corrects the aggregate', async () => {
    const { get, importFile } = await fixtureApp();
    const late = '{"user_id": "bo", "created_at": "2021-05-05", "status": "paying"}';
    await importFile('user-status', { name: 'late.jsonl', text: late });
    const { body } = await statusAndBody(await get('/transactions/aggregate'));
    expect(body).toContainEqual({ user_status: 'non-paying', city: 'lund', sum: 19.99, count: 1 });
    expect(body).toContainEqual({ user_status: 'paying', city: 'lund', sum: 20.39, count: 3 });
  });

  it('sums beyond the precision of a double are written exactly', async () => {
    const { get, importFile, close } = await openApp();
    onTestFinished(close);
    const prices = [...Array<string>(10).fill('999999999999999'), '0.000001', '0.5', '-0.1'];
    const lines = prices.map(
      (price, click) =>
        `{"click_id":${click},"created_at":"2021-01-01","product_id":1,"product_price":${price},"user_id":1,"ip":"10.0.0.1"}`,
    );
    await importFile('transactions', { name: 'large.jsonl', text: lines.join('\n') });
    const response = await get('/transactions/aggregate');
    expect(await response.text()).toBe(
      '[{"user_status":"non-paying","city":"unknown","sum":9999999999999990.400001,"count":13}]',
    );
  });

  it('the aggregate is empty without transactions', async () => {
    const { get, close } = await openApp();
    onTestFinished(close);
    expect(await statusAndBody(await get('/transactions/aggregate'))).toEqual({ status: 200, body: [] });
  });
});

it('queries of facts run no SQL once the indices are built', async () => {
  const statements: string[] = [];
  const { get, close } = await openApp({ onStatement: (sql) => statements.push(sql) });
  onTestFinished(close);
  statements.length = 0;
  await get('/user_status/1?date=2021-01-01');
  await get('/ip_city/10.0.0.1');
  await get('/transactions/aggregate');
  expect(statements).toEqual([]);
});

it('a CIDR block in the path is a malformed address', async () => {
  const app = await fixtureApp();
  for (const path of ['/ip_city/10.0.0.0/8', '/ip_city/10.0.0.0%2F8', '/ip_city?ip=10.0.0.0/8']) {
    const { status, body } = await statusAndBody(await app.get(path));
    expect([path, status]).toEqual([path, 400]);
    expect(body).toMatchObject({ error: { problems: [{ path: 'ip', code: 'MALFORMED' }] } });
  }
});
