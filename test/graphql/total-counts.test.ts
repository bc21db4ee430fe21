import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';

const change = (status: string, day: string): string => `{ userId: "a", status: "${status}", effectiveAt: "${day}" }`;
const record = (changes: readonly string[]): string =>
  `mutation { recordStatusChanges(input: { changes: [${changes.join()}] }) { __typename } }`;

it('the changes of a user are counted as of the snapshot of the user, whatever the page', async () => {
  const app = await openApp();
  onTestFinished(app.close);
  await app.query(record([change('paying', '2025-01-01'), change('cancelled', '2025-02-01')]));
  await app.query(record([change('paying', '2025-03-01')]));
  const countOf = async (asOf: string, page: string): Promise<unknown> => {
    const { data } = await app.query<{ user: { statusChanges: { totalCount: number } } }>(
      `{ user(userId: "a"${asOf}) { statusChanges(${page}) { totalCount } } }`,
    );
    return data?.user.statusChanges.totalCount;
  };
  for (const page of ['first: 0', 'first: 1', 'last: 1', 'first: 10']) {
    expect(await countOf('', page)).toBe(3);
    expect(await countOf(', asOf: { sequence: 2 }', page)).toBe(2);
  }
});

it('imports are counted by their state, and alerts without those that were removed', async () => {
  const app = await openApp({ settings: { alertAllow: '127.0.0.1:9' } });
  onTestFinished(app.close);
  for (const body of ['a,b\n1,2\n', '', 'a,b\n3,4\n'])
    await app.app.fetch(
      new Request('http://localhost/datasets/d?wait=1', {
        method: 'PUT',
        body,
        headers: { 'content-type': 'text/csv' },
      }),
    );
  const add =
    'addAlert(input: { when: IMPORT_FAILED, url: "http://127.0.0.1:9/" }) { ... on AddAlertPayload { alert { id } } }';
  const { data: added } = await app.query<{ a: { alert: { id: string } } }>(`mutation { a: ${add} b: ${add} }`);
  await app.query(`mutation { removeAlert(input: { alertId: "${added?.a.alert.id}" }) { __typename } }`);
  const { data, errors } = await app.query(`{
    imports(first: 1) { totalCount } stored: imports(state: SUCCEEDED, last: 1) { totalCount }
    alerts(first: 1) { totalCount nodes { changes { totalCount } } } all: alerts(includeRemoved: true) { totalCount } }`);
  expect(errors).toBeUndefined();
  expect(data).toMatchObject({
    imports: { totalCount: 3 },
    stored: { totalCount: 2 },
    alerts: { totalCount: 1, nodes: [{ changes: { totalCount: 0 } }] },
    all: { totalCount: 2 },
  });
});
