import type { Request } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { expectAccessible, expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

const row = (user: string, date: string, status: string): string =>
  JSON.stringify({ user_id: user, created_at: date, status });

/** Longer than a record may be, by spaces that are cut: as they are kept, these can be stored. */
const long = (user: string): string => row(user, '2020-01-01', 'paying').padEnd(300);

/** Five records without a date, two with a status that does not exist, three that are too long, and a good one. */
const text = [
  row('good', '2020-01-01', 'paying'),
  ...['b', 'c', 'd', 'e', 'f'].map((user) => row(user, 'never', 'paying')),
  ...['g', 'h'].map((user) => row(user, '2020-01-01', 'happy')),
  ...['i', 'j', 'k'].map(long),
  '',
].join('\n');

const csv = 'user_id,country,gender\n1,DE,female\n,FR,male\n3,IT,female\n';

interface Group {
  readonly field: string;
  readonly openCount: number;
  readonly resolvedCount: number;
  readonly discardedCount: number;
}

const groupsQuery = '{ rejectGroups(includeSettled: true) { nodes { field openCount resolvedCount discardedCount } } }';

describe.skipIf(!chromiumPath)('rejects by problem on the page Intake', () => {
  const ui = uiServer({
    // Less than a group has, so that one click takes several calls.
    settings: { recordsPerMutationMax: '2', recordBytesMax: '200' },
    prepare: async ({ importFile }) => {
      expect(await importFile('users', { name: 'users.csv', text: csv })).toMatchObject({ accepted: 2, rejected: 1 });
      await importFile('user-status', { name: 'status.jsonl', text });
    },
  });
  const groups = async (): Promise<readonly Group[]> =>
    (await ui.data<{ rejectGroups: { nodes: readonly Group[] } }>(groupsQuery)).rejectGroups.nodes;
  const groupOf = async (field: string) => (await groups()).find((group) => group.field === field);

  it('lists the groups of GraphQL with their counts, at each width, light and dark', async () => {
    const page = await ui.open('/intake?tab=rejects');
    const grid = page.getByRole('grid', { name: 'Rejects by problem' });
    for (const { field, openCount } of await groups())
      await grid
        .getByRole('row', {
          name: new RegExp(`${field === '' ? 'whole record' : field}: .*${openCount}.*(users|status changes)`),
        })
        .waitFor();
    await expectEveryScreen(page);
    await grid.getByText('created_at: malformed').click();
    await page.getByRole('heading', { name: 'created_at: malformed' }).waitFor();
    await page.getByRole('grid', { name: 'Records of the problem' }).getByText('"b"').waitFor();
    await expectEveryScreen(page);
  });

  it('retries all by keyboard only, call after call, and says why records still wait', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page.getByRole('grid', { name: 'Rejects by problem' }).getByText('created_at: malformed').waitFor();
    await tabTo(page, 'Rejects by problem');
    const heading = page.getByRole('heading', { name: 'created_at: malformed' });
    // The third: those of later records come before it.
    for (const key of ['ArrowDown', 'ArrowDown', 'Enter']) await page.keyboard.press(key);
    await heading.waitFor();
    await tabTo(page, 'Retry all');
    await page.keyboard.press('Enter');
    await page.getByText('5 tried = 0 stored + 5 still waiting').waitFor();
    await page
      .getByText(/created_at must be a date and time .* not "never"/)
      .first()
      .waitFor();
    await expectAccessible(page);
    expect(await groupOf('created_at')).toMatchObject({ openCount: 5, resolvedCount: 0 });

    const colleague = await ui.open(new URL(page.url()).pathname + new URL(page.url()).search);
    await colleague.getByRole('heading', { name: 'created_at: malformed' }).waitFor();
    await page.goBack();
    await page.getByRole('grid', { name: 'Rejects by problem' }).waitFor();
  });

  it('ends between two calls when it is cancelled, and says how far it came', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page.getByRole('grid', { name: 'Rejects by problem' }).getByText('created_at: malformed').click();
    // The second call waits until the person has cancelled.
    let cancelled = (): void => undefined;
    const isCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    let calls = 0;
    const isCall = (request: Request) => /rejectGroupId/.test(request.postData() ?? '');
    await page.route('**/graphql', async (route) => {
      if (isCall(route.request())) calls += 1;
      if (calls === 2) await isCancelled;
      await route.continue();
    });
    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByText('2 tried = 0 stored + 2 still waiting').waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    cancelled();
    await page.getByText('Cancelled: the records after these were not tried').waitFor();
    await page.getByText('4 tried = 0 stored + 4 still waiting').waitFor();
    expect(calls).toBe(2);
    await page.unrouteAll();
    expect(await groupOf('created_at')).toMatchObject({ openCount: 5 });
  });

  it('stores all records that can be stored now', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page.getByRole('grid', { name: 'Rejects by problem' }).getByText('whole record: out of range').click();
    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByText('3 tried = 3 stored + 0 still waiting').waitFor();
    await page.getByText('0 waiting, 3 stored, 0 discarded').waitFor();
    expect(await groupOf('')).toMatchObject({ openCount: 0, resolvedCount: 3, discardedCount: 0 });
  });

  it('retries records of a CSV file with the text of their rows, and stores a corrected row', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page
      .getByRole('grid', { name: 'Rejects by problem' })
      .getByText(/^user_id: /)
      .click();
    await page.getByRole('button', { name: 'Retry all' }).click();
    await page.getByText('1 tried = 0 stored + 1 still waiting').waitFor();
    await page.getByText(/rejected record \d+: user_id/).waitFor();
    await page.getByRole('grid', { name: 'Records of the problem' }).getByText(',FR,male').click();
    await page.getByLabel('Record', { exact: true }).fill('2,FR,male');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('0 waiting, 1 stored, 0 discarded').waitFor();
  });

  it('stores a corrected record, and the counts of its group follow', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page.getByRole('grid', { name: 'Rejects by problem' }).getByText('status: not one of').click();
    await page.getByRole('grid', { name: 'Records of the problem' }).getByText('"g"').click();
    await page.getByLabel('Record', { exact: true }).fill(row('g', '2020-01-01', 'paying'));
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('1 waiting, 1 stored, 0 discarded').waitFor();
    expect(await groupOf('status')).toMatchObject({ openCount: 1, resolvedCount: 1 });
  });

  it('discards all for a reason after a confirmation, and lists settled groups by a switch', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page.getByRole('grid', { name: 'Rejects by problem' }).getByText('created_at: malformed').click();
    await page.getByRole('button', { name: 'Discard all' }).click();
    const dialog = page.getByRole('dialog', { name: 'Discard 5 records?' });
    await dialog.getByRole('button', { name: 'Discard 5 records' }).waitFor();
    expect(await dialog.getByRole('button', { name: 'Discard 5 records' }).isDisabled()).toBe(true);
    await dialog.getByLabel('Reason').fill('no dates');
    await expectAccessible(page);
    await page.keyboard.press('Enter');
    await page.getByText('5 tried = 5 discarded + 0 still waiting').waitFor();
    await page.getByText('0 waiting, 0 stored, 5 discarded').waitFor();
    expect(await groupOf('created_at')).toMatchObject({ openCount: 0, discardedCount: 5 });

    await page.getByRole('link', { name: 'All problems' }).click();
    const grid = page.getByRole('grid', { name: 'Rejects by problem' });
    await grid.getByText('status: not one of').waitFor();
    expect(await grid.getByText('created_at: malformed').count()).toBe(0);
    await page.getByLabel('Settled ones, too').click();
    await grid.getByText('created_at: malformed').waitFor();
    expect(new URL(page.url()).searchParams.get('settled')).toBe('true');
  });

  it('leads from an import to its rejects one by one', async () => {
    const page = await ui.open('/intake');
    await page.getByRole('grid', { name: 'Imports' }).getByText('status.jsonl').click();
    await page.getByRole('link', { name: /not stored: look at all/ }).click();
    await page.getByRole('grid', { name: 'Rejects' }).getByText('"h"').waitFor();
    await page.getByText('By problem').click();
    await page.getByRole('grid', { name: 'Rejects by problem' }).waitFor();
  });
});
