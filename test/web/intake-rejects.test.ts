import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { expectAccessible, expectFits, tabTo, uiServer, widths } from '../support/ui.ts';

const row = (user: string, date: string, status: string): string =>
  JSON.stringify({ user_id: user, created_at: date, status });

/** Five records without a date, two with a status that does not exist, and a good one. */
const text = [
  row('good', '2020-01-01', 'paying'),
  ...['b', 'c', 'd', 'e', 'f'].map((user) => row(user, 'never', 'paying')),
  ...['g', 'h'].map((user) => row(user, '2020-01-01', 'happy')),
  '',
].join('\n');

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
    settings: { recordsPerMutationMax: '2' },
    prepare: async ({ importFile }) => void (await importFile('user-status', { name: 'status.jsonl', text })),
  });
  const groups = async (): Promise<readonly Group[]> =>
    (await ui.data<{ rejectGroups: { nodes: readonly Group[] } }>(groupsQuery)).rejectGroups.nodes;
  const groupOf = async (field: string) => (await groups()).find((group) => group.field === field);

  it.each(widths)('lists the groups of GraphQL with their counts at %i pixels, light and dark', async (width) => {
    for (const theme of ['light', 'dark'] as const) {
      const page = await ui.open('/intake?tab=rejects', { width, theme });
      const grid = page.getByRole('grid', { name: 'Rejects by problem' });
      for (const { field, openCount } of await groups())
        await grid.getByRole('row', { name: new RegExp(`${field}: .*${openCount}.*status changes`) }).waitFor();
      await expectFits(page);
      await expectAccessible(page);
      await grid.getByText('created_at: malformed').click();
      await page.getByRole('heading', { name: 'created_at: malformed' }).waitFor();
      await page.getByRole('grid', { name: 'Records of the problem' }).getByText('"b"').waitFor();
      await expectFits(page);
      await expectAccessible(page);
    }
  });

  it('retries all by keyboard only, call after call, and says why records still wait', async () => {
    const page = await ui.open('/intake?tab=rejects');
    await page.getByRole('grid', { name: 'Rejects by problem' }).getByText('created_at: malformed').waitFor();
    await tabTo(page, 'Rejects by problem');
    const heading = page.getByRole('heading', { name: 'created_at: malformed' });
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
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
