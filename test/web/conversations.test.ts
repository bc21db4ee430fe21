import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

describe.skipIf(!chromiumPath)('the page of conversations', () => {
  const ui = uiServer({ demo: true });

  interface Figures {
    readonly dashboard: {
      readonly total: { readonly count: number; readonly followups: number };
      readonly symbols: readonly { readonly symbol: string; readonly count: number; readonly followups: number }[];
    };
  }

  const figures = () =>
    ui.data<Figures>('{ dashboard { total { count followups } symbols { symbol count followups } } }');

  const numberText = (value: number) => value.toLocaleString('en-US');

  it('shows the figures of GraphQL, and the conversations of the letter that is chosen', async () => {
    const { dashboard } = await figures();
    const page = await ui.open('/conversations');
    await page
      .getByText(`${numberText(dashboard.total.count)} conversations`)
      .first()
      .waitFor();
    const letters = page.getByRole('grid', { name: /^Letters/ });
    const most = [...dashboard.symbols].sort((one, two) => two.count - one.count)[0];
    await page.getByRole('heading', { name: `“${most?.symbol}” is the letter with the most conversations` }).waitFor();
    await letters
      .getByRole('button', { name: `${numberText(most?.count ?? 0)}: conversations about ${most?.symbol}` })
      .click();
    await expect.poll(() => new URL(page.url()).searchParams.get('symbol')).toBe(most?.symbol);
    await page
      .getByText(new RegExp(`of ${numberText(most?.count ?? 0)} rows|^${numberText(most?.count ?? 0)} rows`))
      .waitFor();
    await page.goBack();
    await expect.poll(() => new URL(page.url()).searchParams.get('symbol')).toBeNull();
  });

  it('draws a chart whose values are in a table, in a file, and wordsOf as arrow keys move over it', async () => {
    const { symbols } = (await figures()).dashboard;
    const [first, second] = symbols;
    const wordsOf = ({ symbol, count, followups }: (typeof symbols)[number]) =>
      `${symbol}; conversations: ${numberText(count)}; follow-ups: ${numberText(followups)}`;
    if (!first || !second) throw new Error('the demo has letters');
    const page = await ui.open('/conversations');
    const chart = page.getByRole('figure', { name: /is the letter with the most/ });
    await chart.getByRole('img', { name: 'Conversations and follow-ups by letter' }).waitFor();
    await tabTo(page, /Arrow keys move over the 26 points/);
    const status = chart.getByRole('status');
    const keys = [
      ['ArrowRight', wordsOf(first)],
      ['ArrowRight', wordsOf(second)],
      ['End', wordsOf(symbols.at(-1) ?? first)],
      ['Home', wordsOf(first)],
      ['Escape', ''],
    ] as const;
    for (const [key, text] of keys) {
      await page.keyboard.press(key);
      await expect.poll(() => status.textContent()).toBe(text);
    }
    const downloaded = page.waitForEvent('download');
    await chart.getByRole('button', { name: /^CSV of/ }).click();
    const file = await readFile(await (await downloaded).path(), 'utf8');
    const lines = symbols.map(({ symbol, count, followups }) => `${symbol},${count},${followups}`);
    expect(file).toBe(`\uFEFF${['letter,conversations,follow-ups', ...lines, ''].join('\r\n')}`);
    await chart.getByLabel('Table', { exact: true }).check();
    const table = chart.getByRole('grid', { name: /^Table of/ });
    expect(await table.getAttribute('aria-rowcount')).toBe('27');
    expect((await table.getByRole('row').nth(1).innerText()).split(/\s+/)).toEqual(
      [first.symbol, first.count, first.followups].map((value) => value.toLocaleString('en-US')),
    );
    await chart.getByLabel('Table', { exact: true }).uncheck();
    await chart.getByRole('img', { name: 'Conversations and follow-ups by letter' }).waitFor();
  });

  it('opens the follow-ups of a conversation, and a copied link shows the same', async () => {
    const page = await ui.open('/conversations?symbol=e');
    const rows = page.getByRole('grid', { name: 'List of conversations' });
    await rows.getByRole('row').nth(1).click();
    await page
      .getByRole('dialog')
      .getByText(/follow-ups?$/)
      .waitFor();
    const text = await page.getByRole('dialog').innerText();
    const other = await ui.open(page.url().slice(ui.url.length));
    await other
      .getByRole('dialog')
      .getByText(/follow-ups?$/)
      .waitFor();
    expect(await other.getByRole('dialog').innerText()).toBe(text);
    await other.keyboard.press('Escape');
    await expect.poll(() => new URL(other.url()).searchParams.get('open')).toBeNull();
  });

  it('opens a conversation by keyboard only', async () => {
    const page = await ui.open('/conversations');
    await page.getByRole('grid', { name: 'List of conversations' }).waitFor();
    await tabTo(page, 'List of conversations', 200);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
  });

  it('follows what is recorded while it is open', async () => {
    const before = (await figures()).dashboard.total.count;
    const page = await ui.open('/conversations');
    await page
      .getByText(`${numberText(before)} conversations`)
      .first()
      .waitFor();
    await page.locator('[data-live="live"]').waitFor();
    await ui.data(
      `mutation { startConversation(input: { uuid: "${crypto.randomUUID()}", symbol: "q" }) { __typename } }`,
    );
    await page
      .getByText(`${numberText(before + 1)} conversations`)
      .first()
      .waitFor();
  });

  it('keeps the figures of a snapshot', async () => {
    const { server } = await ui.data<{ server: { snapshot: { sequence: number } } }>(
      '{ server { snapshot { sequence } } }',
    );
    const { dashboard } = await figures();
    await ui.data(
      `mutation { startConversation(input: { uuid: "${crypto.randomUUID()}", symbol: "q" }) { __typename } }`,
    );
    const page = await ui.open(`/conversations?sequence=${server.snapshot.sequence}`);
    await page
      .getByText(`${numberText(dashboard.total.count)} conversations`)
      .first()
      .waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/conversations?grain=MONTH');
    await page.getByRole('img', { name: 'Conversations and follow-ups over time' }).waitFor();
    await expectEveryScreen(page);
  });
});

describe.skipIf(!chromiumPath)('the page of conversations on an empty server', () => {
  const ui = uiServer();

  it('sends a first conversation by a button', async () => {
    const page = await ui.open('/conversations');
    await page.getByRole('button', { name: 'Send one conversation' }).click();
    await page.getByRole('heading', { name: '“e” is the letter with the most conversations' }).waitFor();
    const { dashboard } = await ui.data<{ dashboard: { total: { count: number } } }>(
      '{ dashboard { total { count } } }',
    );
    expect(dashboard.total.count).toBe(1);
  });
});
