import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { expectAccessible, expectEveryScreen, firstRow, tabTo, uiServer } from '../../support/ui.ts';

const server = uiServer({ demo: true });

interface Monitor {
  readonly sentence: string;
  readonly verdict: string;
  readonly snapshot: { readonly sequence: number };
  readonly deployment: readonly {
    readonly country: string;
    readonly variant: string;
    readonly eventCount: number;
    readonly userCount: number;
    readonly share: number;
  }[];
  readonly markets: readonly { readonly country: string; readonly userCount: number }[];
  readonly checks: readonly { readonly message: string; readonly verdict: string }[];
}

const monitorOf = async (args = ''): Promise<Monitor> => {
  const { monitor } = await server.data<{ monitor: Monitor }>(
    `{ monitor(experiment: "checkout"${args}) { sentence verdict snapshot { sequence } deployment { country variant eventCount userCount share } markets { country userCount } checks { message verdict } } }`,
  );
  return monitor;
};

const number = (value: number): string => new Intl.NumberFormat('en-US').format(value);
const percent = (share: number): string =>
  new Intl.NumberFormat('en-US', { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(
    share,
  );

const openExperiment = async (path = '', options = {}): Promise<Page> => {
  const page = await server.open(`/experiments/checkout${path}`, options);
  await page.getByRole('table', { name: 'Users by market and variant' }).waitFor();
  return page;
};

const cell = (page: Page, name: string) => page.getByRole('button', { name: new RegExp(`^${name}:? `) });

it('the verdict comes first, and the matrix has the figures of GraphQL', async () => {
  const monitor = await monitorOf();
  const page = await openExperiment();
  const verdict = page.getByRole('region', { name: 'Verdict' });
  expect(await verdict.locator('[data-sentence]').textContent()).toBe(monitor.sentence);
  expect(await verdict.locator('[data-verdict]').textContent()).toContain('BROKEN');
  for (const { country, variant, userCount, share } of monitor.deployment) {
    const own = cell(page, `${country}, ${variant}`);
    expect((await own.locator('[data-users]').textContent())?.split(' ')[0]).toBe(number(userCount));
    expect(await own.locator('[data-share]').textContent()).toBe(percent(share));
  }
  const all = monitor.markets.reduce((sum, { userCount }) => sum + userCount, 0);
  expect(await page.getByRole('button', { name: `All markets: ${number(all)} users` }).count()).toBe(1);
});

const eventsOf = async (market: string, own: string): Promise<string> => {
  const { deployment } = await monitorOf();
  return number(deployment.find(({ country, variant }) => country === market && variant === own)?.eventCount ?? 0);
};

it('a cell opens its rows, and its link shows the same to a colleague', async () => {
  const rows = `100 of ${await eventsOf('DE', 'B')} rows`;
  const page = await openExperiment();
  await cell(page, 'DE, B').click();
  const drawer = page.getByRole('dialog', { name: 'Events: country DE, variant B' });
  await drawer.getByText(rows).waitFor();
  const { pathname, search } = new URL(page.url());
  const colleague = await server.open(pathname + search);
  await colleague.getByRole('dialog', { name: 'Events: country DE, variant B' }).getByText(rows).waitFor();
});

it('a row opens its explanation, and Back leads to the rows', async () => {
  const rows = `100 of ${await eventsOf('SE', 'A')} rows`;
  const search = encodeURIComponent(JSON.stringify({ countries: ['SE'], variants: ['A'] }));
  const page = await openExperiment(`?rows=${search}`);
  const drawer = page.getByRole('dialog', { name: 'Events: country SE, variant A' });
  await drawer.getByText(rows).waitFor();
  await firstRow(drawer).click();
  await drawer.getByRole('table', { name: 'The record' }).waitFor();
  await page.goBack();
  await drawer.getByText(rows).waitFor();
});

it('a market filters the rest, its chip removes it, and Back brings it again', async () => {
  const german = await monitorOf(', country: "DE"');
  const page = await openExperiment('?market=DE');
  await page
    .getByRole('region', { name: 'Checks in DE' })
    .getByText(german.checks[0]?.message ?? '')
    .waitFor();
  await page.getByRole('button', { name: 'Remove the filter market: DE' }).click();
  await page.getByRole('region', { name: 'Checks', exact: true }).waitFor();
  await page.goBack();
  await page.getByRole('region', { name: 'Checks in DE' }).waitFor();
});

it('checks are cards with the sentences of GraphQL, the worst first', async () => {
  const { checks } = await monitorOf();
  const page = await openExperiment();
  const section = page.getByRole('region', { name: 'Checks' });
  await section.getByRole('article').first().waitFor();
  const more = section.getByRole('button', { name: /more check/ });
  if ((await more.count()) > 0) await more.click();
  const cards = section.getByRole('article');
  const texts = await cards.allTextContents();
  expect(texts).toHaveLength(checks.length);
  for (const { message } of checks) expect(texts.some((text) => text.includes(message))).toBe(true);
  const broken = checks.filter(({ verdict }) => verdict === 'BROKEN').length;
  for (const text of texts.slice(0, broken)) expect(text).toContain('BROKEN');
  await section.getByRole('button', { name: 'Events of Users in several variants, all markets' }).click();
  await firstRow(page.getByRole('dialog')).waitFor();
});

it('the chart of shares says when the split left its band, and its table has the points of GraphQL', async () => {
  const { monitor } = await server.data<{
    monitor: {
      shareTrend: { brokenSince: string; points: { userCount: number; shares: { share: number }[] }[] };
    };
  }>(
    '{ monitor(experiment: "checkout", country: "DE") { shareTrend { brokenSince points { userCount shares { share } } } } }',
  );
  const page = await openExperiment('?market=DE');
  const section = page.getByRole('region', { name: 'Share over time in DE' });
  const { brokenSince, points } = monitor.shareTrend;
  await section.getByText(`left its band on ${brokenSince.slice(0, 16).replace('T', ' ')}`).waitFor();
  await section.getByText('left the band', { exact: true }).waitFor();
  await section.getByRole('switch', { name: 'Table' }).check();
  const table = section.getByRole('grid');
  await table.waitFor();
  expect(await table.getAttribute('aria-rowcount')).toBe(String(points.length * 2 + 1));
  expect(await table.textContent()).toContain(String(points[0]?.shares[0]?.share));
});

it('outcomes by metric, market and kind of difference are those of GraphQL', async () => {
  const { monitor } = await server.data<{
    monitor: {
      outcomes: { variant: string; users: number; mean: number; relativeDifference: { estimate: number } | null }[];
    };
  }>(
    '{ monitor(experiment: "checkout") { outcomes(metric: CONVERSION) { variant users mean relativeDifference { estimate } } } }',
  );
  const page = await openExperiment();
  const section = page.getByRole('region', { name: 'Outcomes', exact: true });
  await section.getByLabel('Metric').selectOption('CONVERSION');
  await section.getByLabel('Difference', { exact: true }).selectOption('relative');
  const table = section.getByRole('table', { name: 'Outcomes by variant' });
  for (const { variant, users, mean, relativeDifference } of monitor.outcomes) {
    const row = table.getByRole('row', { name: new RegExp(`^${variant} `) });
    await row.getByText(percent(mean), { exact: true }).waitFor();
    const text = await row.textContent();
    expect(text).toContain(number(users));
    if (relativeDifference) expect(text).toContain(percent(relativeDifference.estimate));
  }
  await section.getByRole('switch', { name: 'Each market' }).check({ force: true });
  for (const market of ['DE', 'FR', 'SE'])
    await table.getByRole('row', { name: new RegExp(`^${market}: B `) }).waitFor();
  expect(new URL(page.url()).search).toContain('metric=CONVERSION');
});

it('arrival counts what GraphQL counts', async () => {
  const { monitor } = await server.data<{ monitor: { arrival: { stored: number; late: number; rejected: number } } }>(
    '{ monitor(experiment: "checkout") { arrival { stored late rejected } } }',
  );
  const page = await openExperiment();
  const section = page.getByRole('region', { name: 'Arrival', exact: true });
  const { stored, late, rejected } = monitor.arrival;
  await section.locator('[data-arrival=Stored]').getByText(number(stored), { exact: true }).waitFor();
  await section.locator('[data-arrival=Late]').getByText(number(late), { exact: true }).waitFor();
  expect(
    await section.getByRole('link', { name: `${number(rejected)} rejected: open them` }).getAttribute('href'),
  ).toMatch(/^\/intake/);
});

it('late events open exactly their rows, and duplicates when they arrived', async () => {
  const { monitor } = await server.data<{
    monitor: { arrival: { late: number; duplicates: number }; arrivalTrend: { stored: number }[] };
  }>('{ monitor(experiment: "checkout") { arrival { late duplicates } arrivalTrend(grain: DAY) { stored } } }');
  const page = await openExperiment('?grain=DAY');
  const section = page.getByRole('region', { name: 'Arrival', exact: true });
  await section.getByRole('button', { name: `${number(monitor.arrival.late)}: late: open the rows` }).click();
  const drawer = page.getByRole('dialog', { name: 'Events: arrival late' });
  await drawer.getByText(new RegExp(`\\b${number(monitor.arrival.late)} rows`)).waitFor();
  await page.keyboard.press('Escape');
  await section
    .getByRole('button', { name: `${number(monitor.arrival.duplicates)}: duplicates: show when they arrived` })
    .click();
  const stored = monitor.arrivalTrend.reduce((sum, point) => sum + point.stored, 0);
  await section.getByText(new RegExp(`^${number(stored)} events arrived in `)).waitFor();
  await expectAccessible(page);
});

it('a snapshot in the link shows the page as it was, without a live dot', async () => {
  const { snapshot } = await monitorOf();
  const page = await openExperiment(`?sequence=${snapshot.sequence}`);
  expect(await page.locator('[data-live-dot]').count()).toBe(0);
  await page
    .getByText(`snapshot ${number(snapshot.sequence)}`)
    .first()
    .waitFor();
});

it('an experiment that nobody knows says so', async () => {
  const page = await server.open('/experiments/nope');
  await page.getByRole('alert').getByText('nope').waitFor();
});

it('the whole page works by keyboard alone, on a phone', async () => {
  const page = await openExperiment('', { width: 390 });
  await tabTo(page, /^DE, B/);
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog');
  await drawer.getByText(/of [\d,]+ rows/).waitFor();
  await page.keyboard.press('Escape');
  await drawer.waitFor({ state: 'hidden' });
  await tabTo(page, /Arrow keys move over the \d+ points/, 60);
  await page.keyboard.press('End');
  await page
    .getByRole('status')
    .getByText(/variant: B/)
    .waitFor();
});

it('the page is accessible and fits at each width, light and dark', async () => {
  const page = await openExperiment('');
  await page.getByRole('region', { name: 'Arrival' }).getByRole('img').first().waitFor();
  await page.getByRole('region', { name: 'Share over time' }).getByRole('img').first().waitFor();
  await expectEveryScreen(page);
});
