import { describe, expect, it } from 'vitest';
import { drawUsers, minute, scenarioOf, shares } from '../../support/experiment-scenario.ts';
import { copiedText, expectAccessible, expectEveryScreen, expectFits, tabTo, uiServer } from '../../support/ui.ts';

const day = 1440;

describe('on an empty server', () => {
  const server = uiServer();

  it('the list says what an experiment is, and a plan is made by keyboard alone', async () => {
    const page = await server.open('/experiments');
    await page.getByText('An experiment shows users one of several variants').waitFor();
    await tabTo(page, /^Key/);
    await page.keyboard.type('checkout');
    await tabTo(page, 'Name');
    await page.keyboard.type('Checkout on one page');
    await tabTo(page, 'Save');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Checkout on one page' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/experiments/checkout');
    expect(await page.locator('[data-state]').first().textContent()).toBe('draft');
    const { experiment } = await server.data<{ experiment: { name: string; state: string; allocation: object[] } }>(
      '{ experiment(key: "checkout") { name state allocation { variant weight isControl } } }',
    );
    expect(experiment).toEqual({
      ...{ name: 'Checkout on one page', state: 'DRAFT' },
      allocation: [
        { variant: 'A', weight: 50, isControl: true },
        { variant: 'B', weight: 50, isControl: false },
      ],
    });
  });
});

describe('on an empty server', () => {
  const server = uiServer();

  it('the list offers a command that sends an event, and the page follows it without a reload', async () => {
    const page = await server.open('/experiments');
    await page.locator('[data-live="live"]').waitFor();
    await page.getByRole('button', { name: 'Copy', exact: true }).click();
    await page.getByRole('button', { name: 'Copied' }).waitFor();
    const command = await copiedText(page);
    const [, url = ''] = /curl (\S+)/.exec(command) ?? [];
    const [, body = ''] = /-d '(.*)'/.exec(command) ?? [];
    expect(url).toBe(`${server.url}/events`);
    const response = await server.opened.get('/events', {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' }, body },
    });
    expect(await response.json()).toMatchObject({ status: 'created' });
    const card = page.getByRole('article', { name: 'checkout' });
    await card.locator('[data-state]').getByText('no plan').waitFor();
    await card.getByText('1 user', { exact: true }).waitFor();
  });

  it('the form of a new plan is accessible and fits at each width, light and dark', async () => {
    const page = await server.open('/experiments?create=true');
    await page.getByRole('dialog', { name: 'New experiment' }).getByLabel(/^Key/).waitFor();
    await expectEveryScreen(page);
  });
});

describe('with experiments in each state', () => {
  const server = uiServer({
    settings: { now: '2026-03-01T00:00:00Z' },
    async prepare(opened) {
      const { save, send } = scenarioOf(opened);
      // Users without a country would be a finding of their own.
      const known = Array.from({ length: 1000 }, (_, index) => [`few${index}`, `healthy${index}`]).flat();
      const text = ['user_id,country,gender', ...known.map((id) => `${id},DE,female`), ''].join('\n');
      await opened.importFile('users', { name: 'users.csv', text });
      const allocation = shares({ A: 1, B: 1 });
      await save({ key: 'draft', allocation });
      await save({ key: 'later', startedAt: '2026-04-01T00:00:00Z', allocation });
      await save({ key: 'healthy', startedAt: minute(0), allocation: shares({ H: 1, I: 1 }) });
      await save({ key: 'broken', startedAt: minute(0), endedAt: minute(20 * day), allocation });
      await save({ key: 'few', startedAt: minute(0), allocation: shares({ C: 1, D: 1 }) });
      const draw = (seed: number, count: number, key: string, weights: Readonly<Record<string, number>>) =>
        drawUsers(seed, { count, from: 10, weights, prefix: key }).map((event) => ({ ...event, experiment: key }));
      await send(draw(1, 1000, 'healthy', { H: 1, I: 1 }));
      await send(draw(2, 1000, 'broken', { A: 2, B: 1 }));
      await send(draw(3, 20, 'few', { C: 1, D: 1 }));
      await send(draw(4, 500, 'events-only', { A: 1, B: 1 }));
    },
  });

  const expected = [
    ['broken', 'BROKEN', 'ended'],
    ['few', 'not enough data', 'running'],
    ['healthy', 'healthy', 'running'],
    ['draft', 'no data', 'draft'],
    ['later', 'no data', 'planned'],
  ] as const;

  it('each has its verdict with the sentence of GraphQL and its state, the worst first', async () => {
    const page = await server.open('/experiments');
    await page.getByRole('article', { name: 'events-only' }).waitFor();
    const cards = page.getByRole('article');
    expect(await cards.count()).toBe(6);
    expect(await cards.first().getAttribute('data-experiment')).toBe('broken');
    for (const [key, verdict, state] of expected) {
      const card = page.getByRole('article', { name: key });
      expect(await card.locator('[data-verdict]').textContent()).toContain(verdict);
      expect(await card.locator('[data-state]').textContent()).toBe(state);
      const { monitor } = await server.data<{ monitor: { sentence: string } }>(
        'query ($key: String!) { monitor(experiment: $key) { sentence } }',
        { key },
      );
      expect(await card.textContent()).toContain(monitor.sentence);
    }
    expect(await page.getByRole('article', { name: 'events-only' }).textContent()).toContain('no plan');
    await page.getByText(/^BROKEN 1$/).click();
    await expect.poll(() => cards.count()).toBe(1);
    expect(new URL(page.url()).search).toContain('verdict=BROKEN');
    await page.goBack();
    await expect.poll(() => cards.count()).toBe(6);
    await page.getByRole('link', { name: 'broken' }).click();
    await page.getByRole('heading', { level: 1, name: 'broken' }).waitFor();
  });

  it.each(['draft', 'later', 'few', 'events-only'])('the page of %s works and is accessible', async (key) => {
    const page = await server.open(`/experiments/${key}`, { width: key === 'few' ? 390 : 1440 });
    await page.getByRole('region', { name: 'Verdict' }).waitFor();
    await page.getByRole('region', { name: 'Checks' }).getByRole('article').first().waitFor();
    await expectFits(page);
    await expectAccessible(page);
  });
});
