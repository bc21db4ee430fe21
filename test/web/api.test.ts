import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { copiedText, expectAccessible, expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

describe.skipIf(!chromiumPath)('the page of the API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'asof-documents-'));
  writeFileSync(
    join(folder, 'version.graphql'),
    '"What runs here."\nquery Version { server { version } }\n\nquery Old { nothing }\n',
  );
  afterAll(() => rm(folder, { recursive: true }));
  const ui = uiServer({ settings: { documents: folder } });

  it('leads to GraphiQL and to the REST documentation', async () => {
    const page = await ui.open('/api');
    expect(await page.getByRole('link', { name: 'Open GraphiQL' }).getAttribute('href')).toBe('/graphql');
    await page.getByRole('link', { name: 'Open the REST documentation' }).click();
    await page.waitForURL(`${ui.url}/docs`);
  });

  it('lists trusted documents, and copies the address of one by keyboard only', async () => {
    const page = await ui.open('/api?tab=documents');
    await page.getByRole('grid', { name: 'List of trusted documents' }).waitFor();
    await page.getByText('refused').waitFor();
    await tabTo(page, 'List of trusted documents', 60);
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').getByText('What runs here.').first().waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Copy as' }).click();
    await page.getByRole('menuitem', { name: 'address' }).click();
    const address = await copiedText(page);
    const answer = await fetch(address, { headers: { accept: 'application/json' } });
    expect(await answer.json()).toMatchObject({ data: { server: { version: expect.any(String) } } });
    const other = await ui.open(page.url().slice(ui.url.length));
    await other.getByRole('dialog').getByText('What runs here.').first().waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/api?tab=faces');
    for (const tab of ['faces', 'documents', 'keys']) {
      await page.goto(`${ui.url}/api?tab=${tab}`);
      await page.getByRole('heading', { level: 1, name: 'API' }).waitFor();
      await page
        .getByRole(tab === 'faces' ? 'link' : 'grid')
        .first()
        .waitFor();
      await expectEveryScreen(page);
    }
  });
});

describe.skipIf(!chromiumPath)('API keys in the web UI', () => {
  const ui = uiServer();

  it('adds the first key, signs in with it, adds another and revokes it', async () => {
    const page = await ui.open('/api?tab=keys', { expectedErrors: /401|403/ });
    await page.getByText('This server needs no key yet').waitFor();
    await page.getByLabel('Name of the new key').fill('boss');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('You are signed in with it.').waitFor();
    await page.getByRole('button', { name: 'Key: boss' }).waitFor();
    await page.getByLabel('Name of the new key').fill('reader');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('The key reader is added').waitFor();
    const key = await page.getByText(/^asof_/).innerText();
    const reader = await ui.open('/revenue', { apiKey: key, expectedErrors: /401/ });
    await reader.getByRole('button', { name: 'Key: reader' }).waitFor();
    await reader.getByRole('heading', { level: 1, name: 'Revenue' }).waitFor();
    const notAdmin = await ui.open('/api?tab=keys', { apiKey: key, expectedErrors: /401/ });
    await notAdmin.getByText('API keys need a key with the scope admin.').waitFor();
    await page.getByRole('button', { name: 'Revoke reader' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('The key reader is revoked.').waitFor();
    const refused = await ui.open('/revenue', { apiKey: key, expectedErrors: /401|403/ });
    await refused.getByText('The server does not accept this key.').waitFor();
  });

  it('asks for a key where one is needed, and keeps it out of the address', async () => {
    const page = await ui.open('/revenue', { expectedErrors: /401|403/ });
    await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await page.getByLabel('API key').fill('asof_wrong');
    await page.getByRole('button', { name: 'Sign in' }).last().click();
    await page.getByText('The server does not accept this key.').waitFor();
    expect(page.url()).not.toContain('asof_wrong');
    await expectAccessible(page);
  });
});
