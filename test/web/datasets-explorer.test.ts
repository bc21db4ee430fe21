import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { importCsv } from '../support/datasets.ts';
import { copiedText, expectEveryScreen, uiServer } from '../support/ui.ts';

const genres = ['rock', 'jazz', ''];

/** Sixty rows with dates, exact decimals, lists, missing genres, and two prices that are no numbers. */
const songs = (priceOfFirst = '0.10'): string =>
  [
    'id,title,genre,price,released,tags',
    ...Array.from({ length: 60 }, (_, index) => {
      const price = index === 7 || index === 8 ? 'gratis' : index === 0 ? priceOfFirst : `${index}.10`;
      const month = String((index % 12) + 1).padStart(2, '0');
      return `${index},Song ${index},${genres[index % 3]},${price},${2020 + (index % 3)}-${month}-15,"['t${index % 4}','all']"`;
    }),
    '',
  ].join('\n');

const parameter = (value: unknown): string => encodeURIComponent(JSON.stringify(value));

const totalOf = (where: object): string =>
  `{ dataset(name: "songs") { rows(where: ${JSON.stringify(where).replace(/"(\w+)":/g, '$1:')}) { totalCount } } }`;

const rowsGrid = (page: Page) => page.getByRole('grid', { name: 'Rows of songs' });

const expectRows = (page: Page, count: number) =>
  expect.poll(() => rowsGrid(page).getAttribute('aria-rowcount')).toBe(String(count + 1));

describe.skipIf(!chromiumPath)('the explorer of datasets in the web UI', () => {
  const ui = uiServer({
    async prepare(opened) {
      await importCsv(opened, 'songs', songs(), '&key=id');
      await importCsv(opened, 'songs', `${songs('0.25')}60,New,rock,1.00,2022-01-01,[]\n`, '&key=id');
    },
  });

  it('filters by the values of a column, and shows the same to whoever gets the link', async () => {
    const page = await ui.open('/datasets/songs?facets=%5B%22genre%22%5D');
    await expectRows(page, 61);
    await page.getByRole('group', { name: 'genre' }).getByLabel('jazz').check();
    await expectRows(page, 20);
    expect(await ui.data(totalOf({ column: { name: 'genre', test: { in: ['jazz'] } } }))).toEqual({
      dataset: { rows: { totalCount: 20 } },
    });
    const colleague = await ui.open(page.url().slice(ui.url.length));
    await expectRows(colleague, 20);
    await colleague.getByRole('button', { name: 'Change the filter genre: jazz' }).waitFor();
    await page.goBack();
    await expectRows(page, 61);
    await page.getByRole('group', { name: 'genre' }).getByLabel('no value').check();
    await expectRows(page, 20);
  });

  it('counts the values of a column without its own filter, and those of others with it', async () => {
    const page = await ui.open('/datasets/songs?facets=%5B%22genre%22%2C%22price%22%5D');
    const [genre, price] = ['genre', 'price'].map((name) => page.getByRole('group', { name, exact: true }));
    const { dataset } = await ui.data<{
      dataset: { facets: { buckets: { value: string | null; count: number }[] }[] };
    }>('{ dataset(name: "songs") { facets(columns: ["genre"]) { buckets { value count } } } }');
    const countOf = (value: string) => dataset.facets[0]?.buckets.find((bucket) => bucket.value === value)?.count ?? 0;
    await genre?.getByLabel('jazz').check();
    await expectRows(page, countOf('jazz'));
    await genre?.getByLabel('rock').check();
    await expectRows(page, countOf('jazz') + countOf('rock'));
    await genre?.getByLabel('no value').waitFor();
    await price?.getByRole('checkbox').first().waitFor();
    await page.getByRole('button', { name: 'Change the filter genre: jazz, rock' }).click();
    await page.getByRole('dialog', { name: 'Filter' }).getByLabel('Column').first().waitFor();
  });

  it('builds a filter of groups, and exports exactly its rows', async () => {
    const page = await ui.open('/datasets/songs');
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    const editor = page.getByRole('dialog', { name: 'Filter' });
    await editor.getByLabel('Column').selectOption('price');
    await editor.getByLabel('Test').selectOption('gte');
    await editor.getByLabel('Value').fill('57.10');
    await editor.getByLabel('How the conditions are joined').selectOption('or');
    await editor.getByRole('button', { name: 'Condition', exact: true }).click();
    await editor.getByLabel('Column').nth(1).selectOption('price');
    await editor.getByLabel('Test').nth(1).selectOption('isMisfit');
    await editor.getByRole('button', { name: 'Show these rows' }).click();
    await expectRows(page, 5);
    await page.getByTitle('Does not fit the type decimal').first().waitFor();
    await page.getByRole('button', { name: 'Export' }).click();
    const href = await page.getByRole('menuitem', { name: 'CSV', exact: true }).getAttribute('href');
    const file = await (await ui.opened.get(href ?? '')).text();
    expect(
      file
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .map((line) => line.split(',')[0]),
    ).toEqual(['7', '8', '57', '58', '59']);
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Copy as' }).click();
    await page.getByRole('menuitem', { name: 'GraphQL' }).click();
    const copied = (await copiedText(page)).replaceAll('first: 100', 'first: 10');
    const { dataset } = await ui.data<{ dataset: { rows: { totalCount: number } } }>(copied);
    expect(dataset.rows.totalCount).toBe(5);
  });

  it('runs what is copied as SQL to the same rows', async () => {
    const where = {
      and: [
        { not: { column: { name: 'title', test: { contains: 'song 1' } } } },
        { column: { name: 'tags', test: { hasAny: ['t1'] } } },
      ],
    };
    const page = await ui.open(`/datasets/songs?where=${parameter(where)}`);
    const { dataset } = await ui.data<{ dataset: { rows: { totalCount: number } } }>(totalOf(where));
    await expectRows(page, dataset.rows.totalCount);
    await page.getByRole('button', { name: 'Copy as' }).click();
    await page.getByRole('menuitem', { name: 'SQL' }).click();
    const { sql } = await ui.data<{ sql: { rowCount: number } }>(
      'query ($query: String!) { sql(query: $query, first: 500) { rowCount } }',
      { query: await copiedText(page) },
    );
    expect(sql.rowCount).toBe(dataset.rows.totalCount);
  });

  it('opens a row with its misfit and its line by keyboard only', async () => {
    const page = await ui.open(`/datasets/songs?where=${parameter({ column: { name: 'id', test: { eq: '7' } } })}`);
    await expectRows(page, 1);
    await rowsGrid(page).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Row' });
    await drawer.getByText('Line 9 of songs.csv').waitFor();
    await drawer.getByText('gratis').waitFor();
    await drawer.getByText('does not fit the type decimal').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => new URL(page.url()).searchParams.has('row')).toBe(false);
  });

  it('shows how the values of a column are spread, and opens the rows of a count', async () => {
    const page = await ui.open('/datasets/songs');
    await page.getByRole('button', { name: 'Statistics of price' }).click();
    const drawer = page.getByRole('dialog', { name: 'price' });
    await drawer.getByRole('button', { name: '2: rows that do not fit the type' }).click();
    await expectRows(page, 2);
  });

  it('groups rows, says what a sum leaves out, and opens exactly the rows of a group', async () => {
    const groups = `groupBy=${parameter([{ column: 'released', grain: 'YEAR' }])}&measures=${parameter([{ function: 'COUNT' }, { function: 'SUM', column: 'price' }])}`;
    const page = await ui.open(`/datasets/songs?tab=groups&${groups}`);
    const grid = page.getByRole('grid', { name: 'Groups of songs' });
    await grid.getByText('1 value left out of this sum').first().waitFor();
    const { dataset } = await ui.data<{ dataset: { aggregate: { nodes: { measures: string[] }[] } } }>(
      '{ dataset(name: "songs") { aggregate(groupBy: [{ column: "released", grain: YEAR }], measures: [{ function: SUM, column: "price" }]) { nodes { measures } } } }',
    );
    for (const { measures } of dataset.aggregate.nodes)
      await grid.getByRole('button', { name: `${measures[0]}: rows of` }).waitFor();
    await grid.getByRole('button', { name: '21: rows of 2022-01-01' }).click();
    const drawer = page.getByRole('dialog', { name: 'released: 2022-01-01' });
    await drawer.getByText('21 rows').first().waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('Chart', { exact: true }).click();
    await page.getByRole('heading', { name: 'count is largest for 2022-01-01' }).waitFor();
  });

  it('runs SQL of the address, and shows where a statement is wrong', async () => {
    const page = await ui.open(
      `/datasets/songs?tab=sql&sql=${encodeURIComponent('select genre, count(*) as n\nfrom songs group by all order by n')}`,
      {
        expectedErrors: /400/,
      },
    );
    await page.getByRole('gridcell', { name: '21', exact: true }).waitFor();
    await page.getByLabel('Statement').fill('select title,\n  nope from songs');
    await page.keyboard.press('Control+Enter');
    await page.getByText('  nope from songs\n  ^').waitFor();
    await page.getByRole('button', { name: 'Go to the position' }).click();
    expect(await page.evaluate('document.activeElement.selectionStart')).toBe(16);
  });

  it('compares versions, shows an earlier one, and deletes the dataset once its name is typed', async () => {
    await importCsv(ui.opened, 'short', 'id,n\n1,2\n', '&key=id');
    await importCsv(ui.opened, 'short', 'id,n\n1,3\n2,4\n', '&key=id');
    const page = await ui.open('/datasets/short?tab=versions');
    await page.getByRole('grid', { name: 'Changed rows' }).getByText('2 → 3').waitFor();
    await page.getByText('1 row added').click();
    const added = page.getByRole('grid', { name: 'Added rows' });
    await added.locator('tr[data-index="0"] > td').first().click();
    await page.getByRole('dialog', { name: 'Row' }).getByText('Line 3 of short.csv').waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('0 rows removed').click();
    await page.getByText('No row was removed.').waitFor();
    expect(new URL(page.url()).searchParams.get('changes')).toBe('removed');
    await page.getByRole('button', { name: '1: show its rows' }).click();
    await page.getByRole('button', { name: 'Show the current version, 2' }).waitFor();
    await expect.poll(() => page.getByRole('grid', { name: 'Rows of short' }).getAttribute('aria-rowcount')).toBe('2');
    await page.getByRole('tab', { name: 'Settings' }).click();
    const button = page.getByRole('button', { name: 'Delete the dataset' });
    expect(await button.isDisabled()).toBe(true);
    await page.getByLabel('Type short to confirm').fill('short');
    await button.click();
    await page.getByRole('heading', { level: 1, name: 'Datasets' }).waitFor();
    expect(await ui.data('{ dataset(name: "short") { id } }')).toEqual({ dataset: null });
  });

  it('leads from a version to its import, and from the import to the rows of the version', async () => {
    await importCsv(ui.opened, 'twice', 'n\n1\n');
    await importCsv(ui.opened, 'twice', 'n\n2\n');
    const page = await ui.open('/datasets/twice?tab=versions');
    await page.getByRole('link', { name: 'twice.csv' }).nth(1).click();
    const drawer = page.getByRole('dialog', { name: 'Import' });
    await drawer.getByRole('link', { name: 'Open version 1 of the dataset twice' }).click();
    await page.getByRole('button', { name: 'Show the current version, 2' }).waitFor();
    await page.getByRole('gridcell', { name: '1', exact: true }).waitFor();
  });

  it('says what to do about a dataset that does not exist', async () => {
    const page = await ui.open('/datasets/nothing');
    await page.getByRole('link', { name: 'Show all datasets' }).click();
    await page.getByRole('link', { name: 'songs' }).waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/datasets/songs');
    await expectRows(page, 61);
    await page.getByRole('button', { name: 'Statistics of price' }).waitFor();
    for (const tab of ['Rows', 'Groups', 'SQL', 'Versions', 'Settings']) {
      await page.getByRole('tab', { name: tab }).click();
      await page.getByRole('tabpanel').waitFor();
      await expectEveryScreen(page);
    }
  });
});
