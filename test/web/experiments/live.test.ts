import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { drawUsers, minute, scenarioOf, shares } from '../../support/experiment-scenario.ts';
import { uiServer } from '../../support/ui.ts';

const server = uiServer({
  async prepare(opened) {
    const { save, send } = scenarioOf(opened);
    await save({ key: 'live', startedAt: minute(0), allocation: shares({ A: 1, B: 1 }) });
    await send(drawUsers(1, { count: 10, from: 10, weights: { A: 1, B: 1 }, prefix: 'u' }));
  },
});

const usersOf = (page: Page, count: number) => page.getByRole('button', { name: `unknown: ${count} users` });

it('an event changes the page without a reload, and not while it is paused', async () => {
  const { send } = scenarioOf(server.opened);
  const page = await server.open('/experiments/live');
  await usersOf(page, 10).waitFor();
  await page.getByRole('button', { name: 'Live: pause' }).waitFor();
  await send([{ user_id: 'new-1', version: 'A', date: minute(100) }]);
  await usersOf(page, 11).waitFor();
  await page.getByRole('button', { name: 'Live: pause' }).click();
  await page.locator('[data-live-dot=paused]').waitFor();
  await send([{ user_id: 'new-2', version: 'A', date: minute(101) }]);
  // Another person sees it, so the server has said it; this page has not moved.
  const other = await server.open('/experiments/live');
  await usersOf(other, 12).waitFor();
  expect(await usersOf(page, 11).count()).toBe(1);
  await page.getByRole('button', { name: 'Paused: go on' }).click();
  await usersOf(page, 12).waitFor();
});
