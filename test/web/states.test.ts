import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { documentIds } from '../../src/web/ui/generated/document-ids.ts';
import { chromiumPath } from '../support/browser.ts';
import { importCsv } from '../support/datasets.ts';
import { expectAccessible, expectFits, uiServer } from '../support/ui.ts';

/** Every page with the text of its `h1`, and what a reader is told about what their key may not do. */
const pages = [
  ['/', 'Overview'],
  ['/revenue', 'Revenue'],
  ['/experiments', 'Experiments'],
  ['/experiments/checkout', /checkout/i],
  ['/experiments/checkout?panel=alerts', /checkout/i],
  ['/users', 'Users'],
  ['/users/1', '1'],
  ['/conversations', 'Conversations'],
  ['/datasets', 'Datasets'],
  ['/datasets?import=new', 'Datasets', /scope ingest/],
  ['/datasets/songs', 'songs'],
  ['/datasets/songs?tab=sql', 'songs'],
  ['/datasets/songs?tab=versions', 'songs'],
  ['/datasets/songs?tab=settings', 'songs'],
  ['/lookup', 'Lookup'],
  ['/intake', 'Intake'],
  ['/intake?tab=upload', 'Intake', 'To import files, sign in with a key that has the scope ingest.'],
  ['/intake?tab=rejects', 'Intake'],
  ['/intake?tab=alerts', 'Intake', 'To add alerts, sign in with a key that has the scope admin.'],
  ['/api', 'API'],
  ['/api?tab=keys', 'API', 'API keys need a key with the scope admin.'],
] as const;

/** One address of each page. */
const mainPaths = pages.map(([path]) => path).filter((path) => !path.includes('?'));

/** Waits until nothing of a page is being loaded. */
const settled = (page: Page) => expect.poll(() => page.locator('main [aria-busy="true"]').count()).toBe(0);

describe.skipIf(!chromiumPath)('the pages of the web UI without a permission', () => {
  const [reader, sender] = ['r-key-of-a-test-0123456789', 'i-key-of-a-test-0123456789'];
  const ui = uiServer({
    demo: true,
    settings: { apiKeys: `read:${reader},ingest:${sender}` },
    prepare: async (opened) => {
      const headers = { 'content-type': 'text/csv', 'x-api-key': sender };
      await opened.get('/datasets/songs?wait=1', { method: 'PUT', headers, body: 'id,title\n1,Song\n' });
    },
  });

  it('ask for a key where there is none, each of them', async () => {
    const page = await ui.open('/healthz', { expectedErrors: /401/ });
    for (const path of mainPaths) {
      await page.goto(ui.url + path);
      await page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
      await page.getByLabel('API key').waitFor();
    }
  });

  it('say which scope is missing to a key that may only send', async () => {
    const page = await ui.open('/healthz', { apiKey: sender });
    for (const path of mainPaths) {
      await page.goto(ui.url + path);
      await page.getByRole('heading', { level: 1, name: 'This key may not read' }).waitFor();
    }
  });

  it('show a reader all figures, and which scope what they may not do needs', async () => {
    const page = await ui.open('/healthz', { apiKey: reader });
    for (const [path, title, notice] of pages) {
      await page.goto(ui.url + path);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      if (notice !== undefined) await page.getByText(notice).first().waitFor();
      await settled(page);
      expect(await page.getByRole('alert').allInnerTexts(), path).toEqual([]);
    }
  });
});

describe.skipIf(!chromiumPath)('the pages of the web UI without a server', () => {
  const ui = uiServer({
    demo: true,
    prepare: async (opened) => {
      await importCsv(opened, 'songs', 'id,title\n1,Song\n');
    },
  });
  const offline = (page: Page) => page.getByRole('alert').filter({ hasText: 'The server cannot be reached' }).first();

  it('say what to do when an answer does not come, and read again on request', async () => {
    const page = await ui.open('/healthz', { expectedErrors: /ERR_FAILED/ });
    // All but who asks, and what has changed: with these the frame has nothing to say.
    const viewerId = documentIds.Viewer.slice('sha256:'.length);
    const isOfPage = ({ pathname, search }: URL) => pathname === '/graphql' && !search.includes(viewerId);
    for (const [path, title] of pages.filter(([each]) => !/api|lookup|tab=upload|import=new/.test(each))) {
      await page.route(isOfPage, (route) => (route.request().method() === 'POST' ? route.continue() : route.abort()));
      await page.goto(ui.url + path);
      await page.getByRole('heading', { level: 1, name: title }).waitFor();
      await offline(page).waitFor();
      await page.unroute(isOfPage);
      const retry = page.getByRole('button', { name: 'Try again' });
      // One that is read again may bring back others, whose buttons go.
      const stillRefused = async () => {
        if ((await retry.count()) > 0)
          await retry
            .first()
            .click({ timeout: 2000 })
            .catch(() => undefined);
        return page.getByRole('alert').allInnerTexts();
      };
      await expect.poll(stillRefused, { message: path }).toEqual([]);
      await settled(page);
    }
  });

  it('wait while the server starts, and open by themselves', async () => {
    const page = await ui.open('/healthz', { expectedErrors: /503/ });
    const body = JSON.stringify({
      errors: [{ message: 'the indices are being built', extensions: { code: 'NOT_READY' } }],
    });
    let isReady = false;
    await page.route(
      ({ pathname }) => pathname === '/graphql',
      (route) => (isReady ? route.continue() : route.fulfill({ status: 503, contentType: 'application/json', body })),
    );
    await page.goto(`${ui.url}/conversations`);
    await page.getByRole('heading', { level: 1, name: 'The server is starting' }).waitFor();
    await page.locator('[data-live="connecting"]').waitFor();
    await expectAccessible(page);
    isReady = true;
    await page.getByRole('heading', { level: 1, name: 'Conversations' }).waitFor();
    await page.locator('[data-live="live"]').waitFor();
  });

  it('keep what they show while the server is away, and follow once it is back', async () => {
    const page = await ui.open('/conversations', {
      expectedErrors: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|UnreachableError/,
    });
    const phone = await ui.open('/users', { width: 390, expectedErrors: /ERR_CONNECTION_REFUSED|ERR_INCOMPLETE/ });
    await page.locator('[data-live="live"]').waitFor();
    await phone.getByRole('grid', { name: 'List of users' }).waitFor();
    const start = await ui.outage();
    await page.getByText('offline: figures may be old, trying again').waitFor();
    await phone.getByText('Offline: figures may be old. Trying again.').waitFor();
    expect(await page.getByRole('heading', { name: /is the letter with the most conversations/ }).count()).toBe(1);
    await expectFits(phone);
    await expectAccessible(phone);

    // The scripts of this page were never loaded.
    await page.getByRole('link', { name: 'Lookup' }).click();
    await page.getByRole('heading', { level: 1, name: 'This page could not be loaded' }).waitFor();
    await expectAccessible(page);
    await start();
    await page.locator('[data-live="live"]').waitFor();
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1, name: 'Lookup' }).waitFor();
    await page.getByRole('link', { name: 'Conversations' }).click();
    await ui.data(
      `mutation { startConversation(input: { uuid: "${crypto.randomUUID()}", symbol: "q" }) { __typename } }`,
    );
    const { dashboard } = await ui.data<{ dashboard: { total: { count: number } } }>(
      '{ dashboard { total { count } } }',
    );
    await page
      .getByText(`${dashboard.total.count.toLocaleString('en-US')} conversations`)
      .first()
      .waitFor();
  });
});
