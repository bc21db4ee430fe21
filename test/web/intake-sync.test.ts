import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { expectAccessible, expectEveryScreen, expectFits, tabTo, uiServer } from '../support/ui.ts';
import { userCsv } from '../support/user-sources.ts';

interface Runs {
  readonly imports: {
    readonly nodes: readonly { readonly userSync: Readonly<Record<string, number>> | null }[];
  };
}

const runsQuery = `{ imports(target: USER_FILES, first: 1) {
  nodes { userSync { processed updated unchanged removed rejected } }
} }`;

describe.skipIf(!chromiumPath)('the tab Sync with a folder of user files', () => {
  const root = mkdtempSync(join(tmpdir(), 'asof-test-'));
  const folder = join(root, 'source_data');
  const write = (user: string, content: string) => writeFileSync(join(folder, `${user}.csv`), content);
  mkdirSync(folder);
  write('1', userCsv('Ada', 'King', 0));
  write('2', userCsv('Blaise', 'Pascal', 0));
  afterAll(() => rmSync(root, { recursive: true, force: true }));
  const ui = uiServer({ settings: { userFiles: folder, userFilesRetryMs: '1' } });

  it('synchronizes at once by keyboard only, and shows what the run did as GraphQL says it', async () => {
    const page = await ui.open('/intake?tab=sync');
    await page.getByText('Synchronization: waiting for the next run').waitFor();
    await page.getByText(`From ${folder}`).waitFor();
    const grid = page.getByRole('grid', { name: 'Synchronizations' });
    await grid.getByRole('row').nth(1).waitFor();
    expect(await grid.getByRole('row').count()).toBe(2);

    write('1', userCsv('Ada', 'Lovelace', 0));
    write('3', userCsv('Carl', 'Gauss', 0));
    write('4', 'first_name\n');
    rmSync(join(folder, '2.csv'));
    await tabTo(page, 'Synchronize now');
    await page.keyboard.press('Enter');
    await expect.poll(() => grid.getByRole('row').count(), { timeout: 10_000 }).toBe(3);
    await grid.getByText('done, with rejects').waitFor();
    const { imports } = await ui.data<Runs>(runsQuery);
    const counts = imports.nodes[0]?.userSync;
    expect(counts).toEqual({ processed: 4, updated: 2, unchanged: 0, removed: 1, rejected: 1 });
    const cells = await grid.getByRole('row').nth(1).getByRole('gridcell').allTextContents();
    expect(cells.slice(2, 7)).toEqual(Object.values(counts ?? {}).map(String));

    await grid.getByText('done, with rejects').click();
    await page
      .getByRole('dialog', { name: 'Import' })
      .getByText(/read =/)
      .waitFor();
    const colleague = await ui.open(new URL(page.url()).pathname + new URL(page.url()).search);
    await colleague
      .getByRole('dialog', { name: 'Import' })
      .getByText(/read =/)
      .waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const page = await ui.open('/intake?tab=sync');
    await page.getByRole('grid', { name: 'Synchronizations' }).waitFor();
    await page.getByRole('button', { name: 'Synchronize now' }).waitFor();
    await expectEveryScreen(page);
  });
});

describe.skipIf(!chromiumPath)('the tab Sync of a server without user files', () => {
  const ui = uiServer();

  it('says what to set', async () => {
    const page = await ui.open('/intake?tab=sync', { width: 390 });
    await page.getByText('This server has no user files').waitFor();
    await page.getByText('asof serve --user-files FOLDER').waitFor();
    expect(await page.getByRole('button', { name: 'Synchronize now' }).count()).toBe(0);
    await expectFits(page);
    await expectAccessible(page);
  });
});
