import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { copiedText, expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

describe.skipIf(!chromiumPath)('the frame of the web UI', () => {
  const ui = uiServer();

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    await expectEveryScreen(page);
  });

  it('moves to the page by the skip link, which the first Tab reaches', async () => {
    const page = await ui.open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.evaluate('document.activeElement.id')).toBe('main');
  });

  it('goes to a page by keyboard only', async () => {
    const page = await ui.open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await tabTo(page, 'Revenue');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Revenue' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/revenue');
  });

  it('copies a link to the snapshot on the screen', async () => {
    const page = await ui.open('/?zone=Asia%2FTokyo');
    await page.getByText('snapshot 0').waitFor();
    await page.getByRole('button', { name: 'Copy a link to this snapshot' }).click();
    await expect.poll(() => copiedText(page)).toBe(`${ui.url}/?zone=Asia%2FTokyo&sequence=0`);
  });

  it('reads each query once when a page opens, and once more after a change', async () => {
    const page = await ui.open('/');
    await page.locator('[data-live="live"]').waitFor();
    const requests = new Map<string, number>();
    page.on('request', (request) => {
      const { pathname, search } = new URL(request.url());
      if (pathname === '/graphql') requests.set(search, (requests.get(search) ?? 0) + 1);
    });
    await page.goto(`${ui.url}/conversations`);
    await page.getByRole('button', { name: 'Send one conversation' }).waitFor();
    await page.locator('[data-live="live"]').waitFor();
    await ui.data(
      `mutation { startConversation(input: { uuid: "${crypto.randomUUID()}", symbol: "q" }) { __typename } }`,
    );
    await page.getByRole('heading', { name: /is the letter with the most conversations/ }).waitFor();
    expect(requests.size).toBeGreaterThan(1);
    for (const [search, times] of requests) expect(times, search).toBeLessThanOrEqual(2);
  });
});
