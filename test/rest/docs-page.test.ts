import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fixture } from '../support/app.ts';
import { chromiumPath, openBrowser } from '../support/browser.ts';
import { testServer } from '../support/test-server.ts';

const key = 'k-key-of-a-test-0123456789';

/** The page in Chromium, on a server that needs a key and holds the fixtures. */
const openPage = async (): Promise<{ page: Page; errors: string[] }> => {
  const { server, importFile } = await testServer({
    settings: { apiKeys: `ingest:${key},read:${'r-key-of-a-test-0123456789'}` },
  });
  await importFile('user-status', fixture('status-changes.json'));
  const profile = await mkdtemp(join(tmpdir(), 'asof-docs-page-'));
  const browser = await openBrowser(profile);
  onTestFinished(async () => {
    await browser.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', ({ message }) => errors.push(message));
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) errors.push(message.text());
  });
  await page.goto(`${server.url}/docs`);
  return { page, errors };
};

describe.runIf(chromiumPath)('the forms of the documentation page in Chromium', () => {
  it('send path, query, header, body and key, and show status, headers and body', async () => {
    const { page, errors } = await openPage();
    const formOf = (method: string, path: string) => page.locator(`form[data-method="${method}"][data-path="${path}"]`);
    for (const details of await page.locator('details.try').all())
      await details.evaluate((element) => element.setAttribute('open', ''));
    const send = async (method: string, path: string): Promise<string> => {
      const form = formOf(method, path);
      await form.locator('button').click();
      await form.locator('output pre').waitFor();
      await form.locator('button:enabled').waitFor();
      return form.locator('output pre').innerText();
    };

    const refused = await send('GET', '/user_status/{user_id}');
    expect(refused).toContain('401 Unauthorized');
    expect(refused).toContain('"UNAUTHENTICATED"');

    await page.locator('#key').fill('r-key-of-a-test-0123456789');
    const status = formOf('GET', '/user_status/{user_id}');
    await status.locator('[name=user_id]').fill('ada');
    await status.locator('[name=date]').fill('2021-10-10T10:00:00+02:00');
    const answered = await send('GET', '/user_status/{user_id}');
    expect(answered).toContain('GET /user_status/ada?date=2021-10-10T10%3A00%3A00%2B02%3A00');
    expect(answered).toMatch(/\n200 OK, \d+ ms\n/);
    expect(answered).toMatch(/content-type: application\/json\n/);
    expect(answered).toMatch(/x-request-id: \S+/);
    expect(answered).toMatch(/"user_status": "[a-z-]+"/);

    await page.locator('#key').fill(key);
    const event = formOf('POST', '/receive_event');
    await event.locator('[name=idempotency-key]').fill('an event');
    expect(await send('POST', '/receive_event')).toContain('"status": "created"');
    expect(await send('POST', '/receive_event')).toContain('"status": "duplicate"');

    const events = formOf('POST', '/events');
    await events.locator('select').selectOption('application/json');
    expect(await events.locator('textarea').inputValue()).toMatch(/^\[/);
    await events.locator('[name=summary]').fill('1');
    expect(await send('POST', '/events')).toContain('"received": 1');
    expect(errors).toEqual([]);
  });
});
