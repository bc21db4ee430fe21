import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { copiedText, expectAccessible, expectFits, firstRow, tabTo, uiServer } from '../support/ui.ts';

describe.skipIf(!chromiumPath)('the page Revenue', () => {
  const ui = uiServer({ demo: true });

  interface Measures {
    readonly count: number;
    readonly sum: string;
    readonly distinctUsers: number;
    readonly median: string | null;
  }

  interface Groups {
    readonly enrichedAggregate: {
      readonly total: Measures;
      readonly nodes: readonly { readonly key: { userStatus: string; city: string }; readonly measures: Measures }[];
    };
  }

  const groups = async (groupBy: string, where = '{}', asOf = '{}') =>
    (
      await ui.data<Groups>(`{ enrichedAggregate(groupBy: [${groupBy}], where: ${where}, asOf: ${asOf}, first: 1000) {
      total { count sum distinctUsers median }
      nodes { key { userStatus city } measures { count sum distinctUsers median } } } }`)
    ).enrichedAggregate;

  const words: Readonly<Record<string, string>> = {
    PAYING: 'paying',
    NON_PAYING: 'non-paying',
    CANCELLED: 'cancelled',
  };

  /** As it is written for readers of English. */
  const written = (decimal: string | number | null | undefined): string => {
    const [whole = '', fraction] = String(decimal).split('.');
    return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
  };

  /** The texts of a table: its header, then its rows. */
  const tableOf = async (page: Page, name: RegExp): Promise<string[][]> => {
    const region = page.getByRole('region', { name });
    await region.waitFor();
    return region
      .locator('tr')
      .evaluateAll((rows) =>
        rows.map((row) =>
          [...(row as unknown as { cells: Iterable<{ innerText: string }> }).cells].map((cell) =>
            cell.innerText.trim(),
          ),
        ),
      );
  };

  const choose = async (page: Page, label: string, option: string): Promise<void> => {
    await page.getByRole('combobox', { name: label }).click();
    await page.getByRole('option', { name: option, exact: true }).click();
  };

  describe('the pivot', () => {
    it('has the figures of GraphQL in its cells, and the totals that the server computes', async () => {
      const page = await ui.open('/revenue?measure=distinctUsers');
      const [header = [], ...rows] = await tableOf(page, /users by status/i);
      const expected = await groups('USER_STATUS, CITY');
      const [byStatus, byCity] = await Promise.all([groups('USER_STATUS'), groups('CITY')]);
      for (const { key, measures } of expected.nodes) {
        const row = rows.find(([name]) => name === words[key.userStatus]) ?? [];
        expect(row[header.indexOf(key.city)]).toBe(written(measures.distinctUsers));
      }
      for (const { key, measures } of byStatus.nodes)
        expect(rows.find(([name]) => name === words[key.userStatus])?.at(-1)).toBe(written(measures.distinctUsers));
      for (const { key, measures } of byCity.nodes)
        expect(rows.at(-1)?.[header.indexOf(key.city)]).toBe(written(measures.distinctUsers));
      expect(rows.at(-1)?.at(-1)).toBe(written(expected.total.distinctUsers));
      expect(header.at(-2)).toBe('unknown');
    });

    it('opens exactly the rows of a figure, and explains one with file and line', async () => {
      const page = await ui.open('/revenue');
      const where = '{ userStatus: [PAYING], cities: ["unknown"] }';
      const { total } = await groups('USER_STATUS', where);
      await page.getByRole('button', { name: /rows of status paying, city unknown$/ }).click();
      const drawer = page.getByRole('dialog', { name: /status paying, city unknown/ });
      await drawer.getByText(new RegExp(`(of )?${total.count} rows$`)).waitFor();
      expect(await drawer.locator('[data-figure]').innerText()).toBe(written(total.sum));
      const { transactions } = await ui.data<{
        transactions: { totalCount: number; nodes: { provenance: { source: string; line: number } }[] };
      }>(
        `{ transactions(first: 1, orderBy: { by: RECEIVED_AT }, where: ${where}) { totalCount nodes { provenance { source line } } } }`,
      );
      expect(transactions.totalCount).toBe(total.count);
      await firstRow(drawer).click();
      const [first] = transactions.nodes;
      await drawer
        .getByText(`${first?.provenance.source}, line ${written(first?.provenance.line)}`)
        .first()
        .waitFor();
      await drawer.getByText(/change at or before this time decides|had never paid/).waitFor();
      expect(await drawer.getByRole('region', { name: 'Status changes' }).innerText()).toMatch(
        /status-changes\.json, line \d+/,
      );
      await expectAccessible(page);
      // Back: to the rows, to the table.
      await page.goBack();
      await drawer.getByText(new RegExp(`${total.count} rows$`)).waitFor();
      await page.goBack();
      await drawer.waitFor({ state: 'hidden' });
    });

    it('exports all rows of a figure, also those that are not loaded', async () => {
      const page = await ui.open(`/revenue?cell=${encodeURIComponent('[["USER_STATUS","PAYING"],["CITY","Dublin"]]')}`);
      const { total } = await groups('CITY', '{ userStatus: [PAYING], cities: ["Dublin"] }');
      expect(total.count).toBeGreaterThan(200);
      const drawer = page.getByRole('dialog');
      await drawer.getByText(`100 of ${written(total.count)} rows`).waitFor();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        drawer.getByRole('button', { name: 'CSV', exact: true }).click(),
      ]);
      const [header, ...lines] = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
      expect(header).toContain('Time,Amount,User,Status,Country,City');
      expect(lines).toHaveLength(total.count);
      expect(lines.every((line) => /,paying,[^,]*,Dublin,/.test(line))).toBe(true);

      const grid = drawer.getByRole('grid');
      expect(await grid.getAttribute('aria-rowcount')).toBe(String(total.count + 1));
      await grid.focus();
      await page.keyboard.press('Control+End');
      await drawer.getByText(`200 of ${written(total.count)} rows`).waitFor();
      await page.keyboard.press('Home');
      await page.keyboard.press('Enter');
      await drawer.getByText('All rows').waitFor();
    });

    it('filters by the form, and shows the same to another person who opens the link', async () => {
      const page = await ui.open('/revenue?measure=median');
      await page.getByRole('button', { name: 'Filter' }).click();
      const form = page.getByRole('dialog', { name: 'Filter' });
      await form.getByRole('combobox', { name: 'Field' }).click();
      await page.getByRole('option', { name: 'Days' }).click();
      await form.getByRole('textbox', { name: 'From' }).fill('2025-02-30');
      await form.getByRole('textbox', { name: 'To' }).fill('2025-03-31');
      await form.getByRole('button', { name: 'Apply' }).click();
      await form.getByText('Write two days such as 2025-01-31.').waitFor();
      await form.getByRole('textbox', { name: 'From' }).fill('2025-02-01');
      await form.getByRole('button', { name: 'Apply' }).click();
      await page.getByText('2025-02-01 to 2025-03-31').waitFor();
      await choose(page, 'Rows by', 'City');
      const { total, nodes } = await groups('CITY', '{ range: { days: { first: "2025-02-01", last: "2025-03-31" } } }');
      await page.getByRole('button', { name: `${written(total.median)}: rows of all` }).waitFor();
      const mine = await tableOf(page, /median by city/i);
      expect(mine.map(([name]) => name).slice(1)).toEqual([
        ...nodes.map(({ key }) => key.city).filter((city) => city !== 'unknown'),
        ...['unknown', 'Total'],
      ]);
      const other = await ui.open(page.url().replace(ui.url, ''), { theme: 'dark', width: 390 });
      await other.getByRole('button', { name: `${written(total.median)}: rows of all` }).waitFor();
      expect(await tableOf(other, /median by city/i)).toEqual(mine);
      await page.getByRole('button', { name: /Remove the filter Days/ }).click();
      await page
        .getByRole('button', { name: `${written((await groups('CITY')).total.median)}: rows of all` })
        .waitFor();
    });

    it('works by keyboard alone', async () => {
      const page = await ui.open('/revenue');
      await page.getByRole('region', { name: /sum by status/i }).waitFor();
      await tabTo(page, /rows of status non-paying, city Berlin$/);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('ArrowRight');
      await page.keyboard.press('Enter');
      const drawer = page.getByRole('dialog', { name: /status paying, city Dublin/ });
      await firstRow(drawer).waitFor();
      await page.keyboard.press('Escape');
      await drawer.waitFor({ state: 'hidden' });
      const focused = page.locator(':focus');
      expect(await focused.getAttribute('aria-label')).toMatch(/status paying, city Dublin$/);
    });
  });

  describe('as of', () => {
    it('keeps a cited figure when a late change moves the newest one', async () => {
      const page = await ui.open('/revenue?rows=USER_STATUS&columns=none');
      const before = await groups('USER_STATUS');
      const paying = before.nodes.find(({ key }) => key.userStatus === 'PAYING')?.measures.sum;
      await page.getByRole('button', { name: `${written(paying)}: rows of status paying` }).waitFor();
      await page.getByRole('button', { name: 'Copy citation' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      const citation = await copiedText(page);
      expect(citation).toContain(`all: ${written(before.total.sum)} (in the currency of the source)`);
      expect(citation).toContain('Filters: none');
      const link = citation.split('\n').at(-1)?.replace(ui.url, '') ?? '';
      expect(link).toMatch(/sequence=\d+/);
      const { transactions } = await ui.data<{ transactions: { nodes: { userId: string }[] } }>(
        '{ transactions(first: 1, where: { userStatus: [PAYING], amountAtLeast: "1" }) { nodes { userId } } }',
      );
      await ui.data(`mutation { recordStatusChanges(input: { changes: [
      { userId: "${transactions.nodes[0]?.userId}", effectiveAt: "2000-01-01T00:00:00Z", status: CANCELLED }
      ${['2024-01-01', '2024-12-31'].map((at) => `{ userId: "${transactions.nodes[0]?.userId}", effectiveAt: "${at}T00:00:00Z", status: CANCELLED }`).join(' ')}
    ] }) { ... on RecordStatusChangesPayload { accepted } } }`);
      const after = (await groups('USER_STATUS')).nodes.find(({ key }) => key.userStatus === 'PAYING')?.measures.sum;
      // The page follows by itself.
      await page.getByRole('button', { name: `${written(after)}: rows of status paying` }).waitFor();
      const cited = await ui.open(link);
      await cited.getByRole('button', { name: `${written(paying)}: rows of status paying` }).waitFor();
    });
  });

  describe('views', () => {
    it('draws a small chart for each group over time, in the zone of the page', async () => {
      const page = await ui.open('/revenue?tab=time&rows=CITY&grain=QUARTER&zone=Europe%2FBerlin');
      await page.getByText(/^Sum per quarter: the greatest is /).waitFor();
      await page.getByRole('img', { name: 'Sum over time, one chart for each city' }).waitFor();
      const rows = await tableOf(page, /sum by period/i);
      const { enrichedAggregate } = await ui.data<{
        enrichedAggregate: { nodes: { key: { periodStart: string }; measures: { sum: string } }[] };
      }>(`{ enrichedAggregate(groupBy: [PERIOD], grain: QUARTER, timeZone: "Europe/Berlin") {
      nodes { key { periodStart } measures { sum } } } }`);
      expect(rows.slice(1, -1).map((cells) => cells.at(-1))).toEqual(
        enrichedAggregate.nodes.map(({ measures }) => written(measures.sum)),
      );
      expect(rows[1]?.[0]).toMatch(/^\d{4} Q\d$/);
      await page.getByRole('button', { name: /rows of period 2025 Q2, city Berlin$/ }).click();
      await firstRow(page.getByRole('dialog', { name: /period 2025 Q2, city Berlin/ })).waitFor();
    });

    it('pages through more groups than fit, and says how many there are', async () => {
      const page = await ui.open('/revenue?rows=USER&columns=PRODUCT&sort=valueDown');
      const { enrichedAggregate } = await ui.data<{
        enrichedAggregate: { totalCount: number; nodes: { key: { userId: string } }[] };
      }>(
        '{ enrichedAggregate(groupBy: [USER], orderBy: [{ byMeasure: { measure: SUM } }], first: 100) { totalCount nodes { key { userId } } } }',
      );
      await page.getByText(`rows 1 to 50 of ${written(enrichedAggregate.totalCount)}`).waitFor();
      await page.getByRole('button', { name: 'Next rows' }).click();
      await page.getByText(`rows 51 to 100 of ${written(enrichedAggregate.totalCount)}`).waitFor();
      const names = (await tableOf(page, /sum by user/i)).slice(1, -1).map(([name]) => name);
      expect(names).toEqual(enrichedAggregate.nodes.slice(50).map(({ key }) => key.userId));
    });

    it('exports all groups with exact figures, and copies the question', async () => {
      const page = await ui.open('/revenue');
      await page.getByRole('button', { name: 'Export' }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('menuitem', { name: 'CSV' }).click(),
      ]);
      const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
      const { nodes } = await groups('USER_STATUS, CITY');
      expect(lines).toHaveLength(nodes.length + 1);
      for (const { key, measures } of nodes)
        expect(
          lines.some((line) => line.includes(`${key.userStatus},${key.city},`) && line.includes(`,${measures.sum},`)),
        ).toBe(true);
      await page.getByRole('button', { name: 'Copy as' }).click();
      await page.getByRole('menuitem', { name: 'GraphQL' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      const answer = await ui.opened.query<Groups>(await copiedText(page), { where: null, asOf: null });
      expect(answer.data?.enrichedAggregate.total.sum).toBe((await groups('CITY')).total.sum);
    });

    it.each([
      ['table', 1440, 'light'],
      ['time', 1440, 'dark'],
      ['table', 390, 'dark'],
      ['bars', 390, 'light'],
    ] as const)('the view %s fits and is accessible at %i pixels, %s', async (tab, width, theme) => {
      const page = await ui.open(`/revenue?tab=${tab}`, { width, theme });
      await page.getByRole('button', { name: /: rows of all$/ }).waitFor();
      if (tab === 'time') await page.getByRole('img', { name: /over time/ }).waitFor();
      await expectFits(page);
      await expectAccessible(page);
    });
  });

  describe('without figures', () => {
    const empty = uiServer();

    it('says what to do on an empty server', async () => {
      const page = await empty.open('/revenue');
      await page.getByRole('link', { name: 'Import purchases' }).click();
      await page.waitForURL('**/intake');
    });

    it('offers to remove filters that nothing matches, and says what the server refuses', async () => {
      const filters = (values: object[]) => encodeURIComponent(JSON.stringify(values));
      const none = await ui.open(`/revenue?filters=${filters([{ field: 'countries', values: ['XX'] }])}`);
      await none.getByRole('button', { name: 'Remove all filters' }).click();
      await none.getByRole('region', { name: /sum by status/i }).waitFor();
      const refused = await ui.open(`/revenue?filters=${filters([{ field: 'ageBands', values: ['20-30'] }])}`, {
        expectedErrors: /400/,
      });
      await refused.getByText(/has "20-30", which is none of/).waitFor();
    });
  });
});
