import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { sendEvents } from '../support/events.ts';
import { copiedText, expectAccessible, expectEveryScreen, expectFits, tabTo, uiServer } from '../support/ui.ts';

describe.skipIf(!chromiumPath)('the page Overview with the demo data', () => {
  const ui = uiServer({ demo: true });
  const figures = `{
    enrichedAggregate { total { sum count } }
    events: enrichedAggregate(source: EXPERIMENT_EVENTS) { total { count } }
    userStatistics { count }
    dashboard { total { count } }
    server { openRejectedRecordCount }
    months: enrichedAggregate(
      grain: MONTH, timeZone: "Asia/Tokyo", groupBy: [PERIOD], first: 1
      orderBy: [{ byDimension: { dimension: PERIOD, direction: DESC } }]
    ) { nodes { measures { sum count } } }
  }`;
  interface Figures {
    readonly enrichedAggregate: { readonly total: { readonly sum: string; readonly count: number } };
    readonly events: { readonly total: { readonly count: number } };
    readonly userStatistics: { readonly count: number };
    readonly dashboard: { readonly total: { readonly count: number } };
    readonly server: { readonly openRejectedRecordCount: number };
    readonly months: {
      readonly nodes: readonly [{ readonly measures: { readonly sum: string; readonly count: number } }];
    };
  }
  const grouped = (value: string | number): string => {
    const [whole = '', fraction] = String(value).split('.');
    return whole.replace(/\B(?=(\d{3})+$)/g, ',') + (fraction === undefined ? '' : `.${fraction}`);
  };

  it('has the figures of GraphQL, each a link to its page', async () => {
    const data = await ui.data<Figures>(figures);
    const page = await ui.open('/');
    const cards = [
      ['Revenue', data.enrichedAggregate.total.sum, '/revenue?measure=sum&cell=[]'],
      ['Purchases', data.enrichedAggregate.total.count, '/revenue?measure=count&cell=[]'],
      ['Users', data.userStatistics.count, '/users#rows'],
      ['Events', data.events.total.count, '/revenue?source=EXPERIMENT_EVENTS&measure=count&cell=[]'],
      ['Conversations', data.dashboard.total.count, '/conversations#rows'],
    ] as const;
    for (const [name, value, path] of cards) {
      const link = page.getByRole('region', { name, exact: true }).getByRole('link', { name: /open the/ });
      expect(await link.innerText()).toBe(grouped(value));
      expect(decodeURIComponent((await link.getAttribute('href')) ?? '')).toBe(path);
    }
    await page.getByRole('link', { name: `${data.server.openRejectedRecordCount} rejects waiting` }).click();
    await page.getByRole('heading', { level: 1, name: 'Intake' }).waitFor();
    expect(new URL(page.url()).searchParams.get('tab')).toBe('rejects');
  });

  it('opens exactly the rows of a total, and of its last period', async () => {
    const { events, months } = await ui.data<Figures>(figures);
    const page = await ui.open('/?zone=Asia%2FTokyo&period=month');
    await page
      .getByRole('region', { name: 'Events' })
      .getByRole('link', { name: /open the rows/ })
      .click();
    await page
      .getByRole('dialog')
      .getByText(`100 of ${grouped(events.total.count)} rows`)
      .waitFor();
    await page.goBack();
    await page
      .getByRole('region', { name: 'Purchases' })
      .getByRole('link', { name: /in the month of/ })
      .click();
    const { count } = months.nodes[0].measures;
    await page
      .getByRole('dialog')
      .getByText(new RegExp(`(^|of )${grouped(count)} rows$`))
      .waitFor();
  });

  it('opens exactly the users and conversations that it counts, of the last period, too', async () => {
    const { userStatistics, dashboard } = await ui.data<Figures>(figures);
    const page = await ui.open('/?period=month');
    const expectListed = (name: string, count: number) =>
      expect.poll(() => page.getByRole('grid', { name }).getAttribute('aria-rowcount')).toBe(String(count + 1));
    const cardOf = (name: string) => page.getByRole('region', { name, exact: true });
    await cardOf('Users')
      .getByRole('link', { name: /open the list/ })
      .click();
    await expectListed('List of users', userStatistics.count);
    await page.goBack();
    await cardOf('Conversations')
      .getByRole('link', { name: /open the list/ })
      .click();
    await expectListed('List of conversations', dashboard.total.count);
    await page.goBack();
    const ofMonth = cardOf('Conversations').getByRole('link', { name: /in the month of/ });
    const [, count = ''] = /^([\d,]+) /.exec(await ofMonth.innerText()) ?? [];
    await ofMonth.click();
    await expectListed('List of conversations', Number(count.replaceAll(',', '')));
    expect(new URL(page.url()).searchParams.get('first')).toMatch(/-01$/);
  });

  it('has the trends by month in a zone as a table; a copied link has the same', async () => {
    const { months } = await ui.data<Figures>(figures);
    const page = await ui.open('/?zone=Asia%2FTokyo');
    await page.getByText('month', { exact: true }).click();
    await page.getByLabel('Table').click();
    const table = page.getByRole('grid', { name: 'Figures by month' });
    const [latest] = months.nodes;
    const row = table.getByRole('row').filter({ hasText: grouped(latest.measures.sum) });
    await row.waitFor();
    expect(await row.innerText()).toContain(grouped(latest.measures.count));
    const other = await ui.open(new URL(page.url()).pathname + new URL(page.url()).search);
    const same = other.getByRole('grid', { name: 'Figures by month' });
    await same
      .getByRole('row')
      .filter({ hasText: grouped(latest.measures.sum) })
      .waitFor();
    await expect.poll(() => same.innerText()).toBe(await table.innerText());
    await page.goBack();
    await page.getByRole('region', { name: 'Revenue' }).waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/');
    await page.getByRole('region', { name: 'Revenue' }).waitFor();
    await page.getByRole('table', { name: 'Latest imports' }).waitFor();
    await expectEveryScreen(page);
  });
});

describe.skipIf(!chromiumPath)('the page Overview of an empty server', () => {
  const ui = uiServer();

  it('says what to do first, and follows once it was done', async () => {
    const page = await ui.open('/', { width: 390 });
    await page.getByRole('heading', { name: 'First steps' }).waitFor();
    await expectFits(page);
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    const [, body = ''] = /-d '(.*)'$/s.exec(await copiedText(page)) ?? [];
    const answer = await ui.opened.get('/receive_event', {
      ...{ method: 'POST', body, headers: { 'content-type': 'application/json' } },
    });
    expect(answer.status).toBe(200);
    await page
      .getByRole('region', { name: 'Events' })
      .getByRole('link', { name: '1: events, open the rows' })
      .waitFor();
    await sendEvents(ui.opened, [{ userId: 'second' }]);
    await page
      .getByRole('region', { name: 'Events' })
      .getByRole('link', { name: '2: events, open the rows' })
      .waitFor();
  });

  it('leads to the upload by keyboard only', async () => {
    const page = await ui.open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await tabTo(page, /^Load a file$|^All imports$/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Intake' }).waitFor();
  });
});
