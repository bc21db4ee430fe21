import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { fileServer } from '../support/file-server.ts';
import { hookServer } from '../support/hook-server.ts';
import { expectAccessible, expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

const users = 'user_id,country,gender\n1,DE,female\n,FR,male\n3,IT,female\n';

describe.skipIf(!chromiumPath)('the page Intake of an empty server', () => {
  const ui = uiServer({ settings: { importAllow: '127.0.0.1', alertAllow: '127.0.0.1' } });

  it('checks a file, imports it, and stores a reject that was corrected', async () => {
    const page = await ui.open('/intake');
    await page.getByRole('button', { name: 'Load a file' }).click();
    await page.locator('input[type=file]').setInputFiles({
      ...{ name: 'users.csv', mimeType: 'text/csv', buffer: Buffer.from(users) },
    });
    await page.getByRole('button', { name: 'Check the file' }).click();
    await page.getByText('Would be: 3 read = 2 accepted + 0 unchanged + 1 rejected').waitFor();
    await expectAccessible(page);
    expect(await ui.data('{ imports { totalCount } }')).toEqual({ imports: { totalCount: 0 } });

    await page.getByRole('button', { name: 'Import', exact: true }).click();
    const drawer = page.getByRole('dialog');
    await drawer.getByText('3 read = 2 accepted + 0 unchanged + 1 rejected').waitFor();
    await expectAccessible(page);
    await drawer.getByRole('link', { name: '1 record was not stored: look at all' }).click();
    await page.getByRole('grid', { name: 'Rejects' }).getByText('user_id', { exact: false }).first().click();
    await page.getByLabel('Reason to discard it').fill('a test row');
    await page.getByRole('button', { name: 'Discard' }).click();
    await page.getByText('The record is discarded.').waitFor();
    await page.getByText('No reject matches.').waitFor();
  });

  it('imports from a link; the address shows a colleague the same form', async () => {
    const { url } = await fileServer('user_id,country,gender\n7,DE,male\n');
    const page = await ui.open(`/intake?tab=upload&link=${encodeURIComponent(url)}`);
    expect(await page.getByLabel('Or a link to it').inputValue()).toBe(url);
    const input = { target: 'USERS', source: { url } };
    const start = `mutation ($input: StartImportInput!) {
      startImport(input: $input) {
        ... on StartImportPayload { import { state accepted rejected } }
        ... on Error { code message }
      }
    }`;
    expect(await ui.data(start, { input })).toEqual({
      startImport: { import: { state: 'SUCCEEDED', accepted: 1, rejected: 0 } },
    });
  });

  it('says what is wrong with an alert at its field', async () => {
    const page = await ui.open('/intake?tab=alerts');
    await page.getByLabel('Hook').fill('no address');
    await page.getByRole('button', { name: 'Add the alert' }).click();
    await page.getByText(/url/i).last().waitFor();
    await page.getByLabel('Hook').fill('https://example.com/hook');
    await page.getByRole('button', { name: 'Add the alert' }).click();
    await page.getByText('The secret of its signature').waitFor();
    await page.getByRole('region', { name: 'Alert 1' }).getByRole('button', { name: 'Remove' }).click();
    await page.getByText('No alert is set.').waitFor();
    await expectAccessible(page);
  });

  it('sends a test of an alert, and says how the hook has answered', async () => {
    const hook = await hookServer();
    const page = await ui.open('/intake?tab=alerts');
    await page.getByLabel('Hook').fill(hook.url);
    await page.getByRole('button', { name: 'Add the alert' }).click();
    const test = page
      .getByRole('region', { name: /^Alert \d+$/ })
      .filter({ hasText: hook.url })
      .getByRole('button', { name: 'Send a test' });
    await test.click();
    await page.getByText('The hook has answered with status 204.').waitFor();
    expect(hook.messages()).toHaveLength(1);
    const delivered = page.getByRole('grid', { name: 'Deliveries' }).getByRole('row');
    await delivered.filter({ hasText: '204' }).waitFor();
    hook.answers.push({ status: 410 });
    await test.click();
    await page.getByText(/410/).first().waitFor();
    expect(hook.requests).toHaveLength(2);
  });
});

describe.skipIf(!chromiumPath)('the page Intake with the demo data', () => {
  const ui = uiServer({ demo: true });

  it('opens an import by keyboard only, and Esc and Back lead back', async () => {
    const page = await ui.open('/intake');
    await page.getByRole('grid', { name: 'Imports' }).waitFor();
    // The first is the tab, the second the table.
    await tabTo(page, 'Imports');
    await tabTo(page, 'Imports');
    await page.keyboard.press('Enter');
    await page
      .getByRole('dialog')
      .getByText(/read =/)
      .waitFor();
    expect(new URL(page.url()).searchParams.has('open')).toBe(true);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await page.goBack();
    await page
      .getByRole('dialog')
      .getByText(/read =/)
      .waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/intake');
    for (const [path, ready] of [
      ['/intake', 'Imports'],
      ['/intake?tab=rejects', 'Rejects'],
    ] as const) {
      await page.goto(ui.url + path);
      await page.getByRole('grid', { name: ready }).waitFor();
      await expectEveryScreen(page);
    }
  });
});
