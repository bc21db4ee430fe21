import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { drawUsers, minute, scenarioOf, shares } from '../../support/experiment-scenario.ts';
import { expectAccessible, expectEveryScreen, expectFits, uiServer } from '../../support/ui.ts';

const day = 1440;

const server = uiServer({
  settings: { now: '2026-03-01T00:00:00Z' },
  async prepare(opened) {
    const { save, send } = scenarioOf(opened);
    await save({ key: 'ramp', startedAt: minute(0), allocation: shares({ A: 90, B: 10 }) });
    // Of users that no plan claims yet, and of those of the ramp.
    await send(drawUsers(1, { count: 40, from: 10, weights: { X: 1, Y: 1 }, prefix: 'x' }).map(named('default')));
    await send(drawUsers(2, { count: 400, from: 10, weights: { A: 9, B: 1 }, prefix: 'u' }));
  },
});

/** Events that name no experiment go to the plan that runs, so these name one. */
function named(experiment: string) {
  return <Event extends object>(event: Event) => ({ ...event, experiment });
}

const openPanel = async (path: string, options = {}): Promise<Page> => {
  const page = await server.open(path, options);
  await page.getByRole('complementary', { name: 'Settings' }).waitFor();
  return page;
};

interface Plan {
  readonly phases: readonly { readonly from: string; readonly allocation: readonly { readonly weight: number }[] }[];
}

const planOf = async (key: string): Promise<Plan> => {
  const { experiment } = await server.data<{ experiment: Plan }>(
    'query ($key: String!) { experiment(key: $key) { phases { from allocation { weight } } } }',
    { key },
  );
  return experiment;
};

it('the plan is tried without being saved, refused by field, and saved as a phase', async () => {
  const page = await openPanel('/experiments/ramp');
  await page.getByRole('button', { name: 'Change the plan' }).click();
  const form = page.getByRole('form', { name: 'Plan' });
  await form.getByLabel('Weight 1 of all countries').fill('50');
  await form.getByLabel('Weight 2 of all countries').fill('0');
  await form.getByLabel('Shares and markets in force from').fill('soon');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.getByText('Write a number above 0.').waitFor();
  await form.getByText('Write a time such as 2025-10-07 20:22.', { exact: true }).waitFor();
  await form.getByLabel('Weight 2 of all countries').fill('50');
  await form.getByLabel('Shares and markets in force from').fill('2026-02-01 12:00');
  // A rule of the server, at its field.
  await form.getByLabel('End').fill('2025-01-01');
  await form.getByRole('button', { name: 'Try without saving' }).click();
  await form.getByText('endedAt must be after startedAt').waitFor();
  await form.getByLabel('End').fill('');
  await form.getByRole('button', { name: 'Try without saving' }).click();
  await form.getByText('Would move 0 events').waitFor();
  expect((await planOf('ramp')).phases).toHaveLength(1);
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'hidden' });
  expect((await planOf('ramp')).phases).toMatchObject([
    { from: minute(0), allocation: [{ weight: 90 }, { weight: 10 }] },
    { from: minute(31 * day + 720), allocation: [{ weight: 50 }, { weight: 50 }] },
  ]);
  await page.getByText('A 50.0% (control), B 50.0%').waitFor();
});

it('the zone of the page is that of the times in the form', async () => {
  const page = await openPanel('/experiments/ramp?zone=Europe/Berlin&edit=true');
  const form = page.getByRole('form', { name: 'Plan' });
  expect(await form.getByLabel('Start').inputValue()).toBe('2026-01-01 01:00');
  await form.getByLabel('Shares and markets in force from').fill('2026-02-10 01:00');
  await form.getByLabel('Weight 1 of all countries').fill('30');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'hidden' });
  expect((await planOf('ramp')).phases.at(-1)?.from).toBe('2026-02-10T00:00:00Z');
});

it('a dry run of a new plan says how many events would move to it', async () => {
  const page = await server.open('/experiments?create=true');
  const form = page.getByRole('form', { name: 'Plan' });
  await form.getByLabel(/^Key/).fill('other');
  await form.getByLabel('Start').fill('2026-01-01');
  await form.getByRole('button', { name: 'Try without saving' }).click();
  const { saveExperiment } = await server.data<{ saveExperiment: { movedEventCount: number } }>(
    `mutation { saveExperiment(input: { key: "other", startedAt: "2026-01-01T00:00:00Z", dryRun: true,
      allocation: [{ variant: "A", weight: 50, isControl: true }, { variant: "B", weight: 50 }] }) {
      ... on SaveExperimentPayload { movedEventCount } } }`,
  );
  await form.getByText(`Would move ${saveExperiment.movedEventCount} events`).waitFor();
  const { experiment } = await server.data<{ experiment: object | null }>('{ experiment(key: "other") { key } }');
  expect(experiment).toBeNull();
});

it('users are excluded with a reason and a time, and counted again', async () => {
  const page = await openPanel('/experiments/ramp?panel=excluded');
  const before = await page.getByRole('button', { name: /^All markets|^unknown: / }).textContent();
  const form = page.getByRole('form', { name: 'Exclude users' });
  await form.getByRole('button', { name: 'Exclude' }).click();
  await form.getByText('Write at least one user.').waitFor();
  await form.getByLabel('Users').fill('u1, u2\nu3');
  await form.getByLabel('Reason').fill('staff');
  await form.getByRole('button', { name: 'Exclude' }).click();
  const list = page.getByRole('table', { name: 'Excluded users' });
  await list.getByRole('row', { name: /u3.*staff/ }).waitFor();
  await page.getByRole('region', { name: 'Verdict' }).getByText('excluded users are left out').waitFor();
  const { monitor } = await server.data<{ monitor: { excludedUserCount: number; markets: { userCount: number }[] } }>(
    '{ monitor(experiment: "ramp") { excludedUserCount markets { userCount } } }',
  );
  expect(monitor.excludedUserCount).toBe(3);
  // The rows of a cell are those that it counts: those of excluded users are not among them.
  const { monitor: counted } = await server.data<{
    monitor: { deployment: { variant: string; eventCount: number }[] };
  }>('{ monitor(experiment: "ramp") { deployment { variant eventCount } } }');
  const events = counted.deployment.find(({ variant }) => variant === 'A')?.eventCount;
  await page.getByRole('button', { name: /^unknown, A:/ }).click();
  await page.getByRole('dialog').getByText(`100 of ${events} rows`).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: `unknown: ${monitor.markets[0]?.userCount} users` }).waitFor();
  for (const user of ['u1', 'u2', 'u3']) await page.getByRole('button', { name: `Count ${user} again` }).click();
  await page.getByText('No user is excluded.').waitFor();
  await page.getByRole('button', { name: before?.trim() ?? '' }).waitFor();
});

it('a filter holds for the whole page, is in the link, and is removed by its chip', async () => {
  const page = await openPanel('/experiments/ramp?panel=filter');
  await page.getByRole('combobox', { name: 'User', exact: true }).fill('u7');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'unknown: 1 users' }).waitFor();
  const link = new URL(page.url());
  const colleague = await server.open(link.pathname + link.search);
  await colleague.getByRole('button', { name: 'unknown: 1 users' }).waitFor();
  await page.getByRole('button', { name: 'Remove the filter user: u7' }).click();
  await page.getByRole('button', { name: 'unknown: 400 users' }).waitFor();
  await page.getByLabel('First seen from').fill('2026-01-01 00:20');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'unknown: 390 users' }).waitFor();
});

it('an alert of the experiment is refused with a reason, added, and removed', async () => {
  const page = await openPanel('/experiments/ramp?panel=alerts');
  const form = page.getByRole('form', { name: 'Add an alert' });
  await form.getByLabel('Notify this address').fill('nowhere');
  await form.getByRole('button', { name: 'Add alert' }).click();
  await expect.poll(() => form.getByLabel('Notify this address').getAttribute('aria-invalid')).toBe('true');
  await page.getByText('Nobody is notified when this experiment breaks.').waitFor();
});

it('the panels are accessible and fit at each width, light and dark', async () => {
  const page = await openPanel('/experiments/ramp?edit=true');
  await page.getByRole('form', { name: 'Plan' }).getByLabel('Start').waitFor();
  await expectEveryScreen(page);
  for (const panel of ['Excluded', 'Alerts', 'Filter']) {
    await page.getByRole('tab', { name: panel }).click();
    await page.getByRole('tabpanel', { name: panel }).waitFor();
    await expectFits(page);
  }
  await expectAccessible(page);
});
