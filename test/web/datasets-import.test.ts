import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { fileServer } from '../support/file-server.ts';
import { expectAccessible, expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

/** A report as spreadsheets write it in Germany: two lines before the header, Windows-1252, decimal commas. */
const report = [
  'Bericht vom 3. Mai',
  ';;;',
  'Name;Preis;Datum;Aktiv',
  'Müller;1.234,50;31.12.2024;ja',
  'Groß;99,90;01.02.2025;nein',
  'André;kaputt;05.03.2025;ja',
  ...Array.from({ length: 9 }, (_, index) => `Kunde ${index};${index},00;1${index}.03.2025;nein`),
  'F;zu viele;14.03.2025;nein;1;2',
  '',
].join('\n');

const reportFile = { name: 'bericht.csv', mimeType: 'text/csv', buffer: Buffer.from(report, 'latin1') };

interface ImportedRows {
  readonly dataset: {
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly rows: { readonly totalCount: number; readonly nodes: readonly { readonly values: readonly unknown[] }[] };
  };
}

const rowsOf = `query ($name: String!) {
  dataset(name: $name) { columns { name type } rows(first: 3) { totalCount nodes { values } } }
}`;

const chooseFile = (page: Page, file: typeof reportFile) => page.locator('input[type=file]').setInputFiles(file);

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name }).waitFor();

describe.skipIf(!chromiumPath)('the import of datasets in the web UI', () => {
  const ui = uiServer({ settings: { importAllow: '127.0.0.1' } });

  it('leads from an empty server to the rows of an ugly file, and its account adds up', async () => {
    const page = await ui.open('/datasets');
    await page.getByRole('link', { name: 'Import a CSV file' }).click();
    await chooseFile(page, reportFile);
    await heading(page, 'Preview of bericht.csv');
    await page.getByText('13 read = 12 accepted + 0 unchanged + 1 rejected').waitFor();
    await page.getByText('Line 16: the row has 6 cells, the header 4').waitFor();
    for (const found of ['Semicolon', 'Windows-1252', 'line 3'])
      await expect.poll(() => page.getByText(`Found: ${found}`).count()).toBe(1);
    await page.getByRole('cell', { name: 'Müller' }).waitFor();
    await page.getByTitle('Does not fit the type decimal').getByText('kaputt').waitFor();
    await expectAccessible(page);

    await page.getByLabel('Type of Datum').selectOption('STRING');
    await page.getByRole('cell', { name: '31.12.2024' }).waitFor();
    await page.getByLabel('Name of the dataset').fill('Report 2025');
    await page.getByRole('button', { name: 'Import 12 rows' }).click();
    await page.getByText('bericht.csv is imported').waitFor();
    await page.getByText('13 read = 12 accepted + 0 unchanged + 1 rejected').waitFor();

    const imported = await ui.open(new URL(page.url()).pathname + new URL(page.url()).search);
    await imported.getByText('bericht.csv is imported').waitFor();
    await imported.getByRole('button', { name: 'Show 1 reject' }).click();
    await imported.getByRole('dialog', { name: 'Rejects' }).getByText('F;zu viele;14.03.2025;nein;1;2').waitFor();
    await imported.keyboard.press('Escape');

    await page.getByRole('link', { name: 'Open Report 2025 (12 rows)' }).click();
    await heading(page, 'Report 2025');
    await page.getByRole('grid', { name: 'Rows of Report 2025' }).waitFor();
    const { dataset } = await ui.data<ImportedRows>(rowsOf, { name: 'Report 2025' });
    expect(dataset.columns.map(({ type }) => type)).toEqual(['STRING', 'DECIMAL', 'STRING', 'STRING']);
    expect(dataset.rows.nodes[0]?.values).toEqual(['Müller', '1234.5', '31.12.2024', 'ja']);
    await page.getByRole('gridcell', { name: '1,234.5' }).waitFor();
  });

  it('imports by keyboard only, without a header line', async () => {
    const page = await ui.open('/datasets?import=new');
    const bare = { name: 'bare.csv', mimeType: 'text/csv', buffer: Buffer.from('1,Ada\n2,Bo\n3,Cy\n') };
    page.on('filechooser', (chooser) => void chooser.setFiles(bare));
    await heading(page, 'Import a dataset');
    await tabTo(page, 'Choose a CSV file');
    await page.keyboard.press('Enter');
    await heading(page, 'Preview of bare.csv');
    await page.getByRole('button', { name: /^Import \d/ }).waitFor();
    await tabTo(page, /^Header/);
    await page.keyboard.press('End');
    await page.getByText('3 read = 3 accepted').waitFor();
    await tabTo(page, 'Import 3 rows');
    await page.keyboard.press('Enter');
    await page.getByText('bare.csv is imported').waitFor();
    const { dataset } = await ui.data<ImportedRows>(rowsOf, { name: 'bare' });
    expect(dataset.columns.map(({ name }) => name)).toEqual(['column1', 'column2']);
    expect(dataset.rows.totalCount).toBe(3);
  });

  it('imports a link by schedule, changes the schedule and ends it', async () => {
    const file = await fileServer('id,city\n1,Berlin\n2,Oslo\n');
    const page = await ui.open('/datasets?import=new');
    await page.getByLabel('Link to a CSV file').fill('ftp://example');
    await page.getByRole('button', { name: 'Preview the link' }).click();
    await page.getByText('A link begins with http:// or https://').waitFor();
    await page.getByLabel('Link to a CSV file').fill(file.url);
    await page.getByRole('button', { name: 'Preview the link' }).click();
    await page.getByRole('cell', { name: 'Oslo' }).waitFor();
    await page.getByLabel('Name of the dataset').fill('cities');
    await page.getByLabel('Import the link again').selectOption('P1D');
    await page.getByRole('button', { name: 'Import 2 rows' }).click();
    await page.getByRole('link', { name: 'Open cities (2 rows)' }).click();
    await page.getByRole('tab', { name: 'Settings' }).click();
    const schedule = page.getByLabel('Import the link again');
    await expect.poll(() => schedule.inputValue()).toBe('P1D');
    await schedule.selectOption('PT1H');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await expect
      .poll(() => ui.data('{ dataset(name: "cities") { refresh { every } } }'))
      .toEqual({ dataset: { refresh: { every: 'PT1H' } } });
    // The page has read the new schedule once there is nothing to save.
    await page.getByText('The schedule is saved.').waitFor();
    await expect.poll(() => page.getByRole('button', { name: 'Save the schedule' }).isDisabled()).toBe(true);
    await schedule.selectOption('never');
    await page.getByRole('button', { name: 'Save the schedule' }).click();
    await page.getByText('cities is not imported again by itself').waitFor();
  });

  it('shows how much of a file has been sent, and stops sending it', async () => {
    const page = await ui.open('/datasets?import=new', { expectedErrors: /ERR_FAILED|ERR_ABORTED/ });
    await heading(page, 'Import a dataset');
    const network = await page.context().newCDPSession(page);
    await network.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: 0, downloadThroughput: -1, uploadThroughput: 100_000 },
    });
    const rows = Array.from({ length: 60_000 }, (_, index) => `${index},name of ${index}`).join('\n');
    await chooseFile(page, { name: 'long.csv', mimeType: 'text/csv', buffer: Buffer.from(`id,name\n${rows}\n`) });
    await page.getByText('Sending the file').waitFor();
    await page.getByText(/ of 1\.\d MB/).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Sending the file').waitFor({ state: 'detached' });
    expect(await page.getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true);
  });

  it('names the field that the server refuses', async () => {
    const page = await ui.open('/datasets?import=new');
    await chooseFile(page, { name: 'a.csv', mimeType: 'text/csv', buffer: Buffer.from('id,n\n1,2\n') });
    await page.getByRole('button', { name: 'Import 1 row' }).waitFor();
    await page.getByLabel('Name of the dataset').fill('a/b');
    await page.getByRole('button', { name: 'Import 1 row' }).click();
    await page.getByText(/^name must be 1 to 100 letters/).waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/datasets?import=new');
    await heading(page, 'Import a dataset');
    await expectAccessible(page);
    await chooseFile(page, reportFile);
    await page.getByRole('cell', { name: 'Müller' }).waitFor();
    await expectEveryScreen(page);
  });
});
