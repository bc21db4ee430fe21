import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { expectAccessible, expectEveryScreen, tabTo, uiServer } from '../support/ui.ts';

describe.skipIf(!chromiumPath)('the pages of users', () => {
  const ui = uiServer({ demo: true });
  const numberText = (value: number) => value.toLocaleString('en-US');

  interface Statistics {
    readonly userStatistics: {
      readonly count: number;
      readonly byCountry: readonly { readonly label: string; readonly count: number }[];
    };
  }

  const statistics = (where: string) =>
    ui.data<Statistics>(`{ userStatistics(where: ${where}) { count byCountry { label count } } }`);

  it('filters the list and its statistics alike, as GraphQL counts', async () => {
    const all = (await statistics('{}')).userStatistics;
    const [country] = all.byCountry;
    const page = await ui.open('/users');
    await page
      .getByText(`${numberText(all.count)} users`)
      .first()
      .waitFor();
    await page
      .getByRole('button', { name: `${numberText(country?.count ?? 0)}: users, Country ${country?.label}` })
      .click();
    await page
      .getByText(`${numberText(country?.count ?? 0)} users`)
      .first()
      .waitFor();
    const paying = (await statistics(`{ countries: ["${country?.label}"], status: { in: [PAYING] } }`)).userStatistics
      .count;
    await page.getByRole('combobox', { name: 'Status', exact: true }).focus();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: 'paying', exact: true }).click();
    await page
      .getByText(`${numberText(paying)} users`)
      .first()
      .waitFor();
    const other = await ui.open(page.url().slice(ui.url.length));
    await other
      .getByText(`${numberText(paying)} users`)
      .first()
      .waitFor();
    await page.goBack();
    await page
      .getByText(`${numberText(country?.count ?? 0)} users`)
      .first()
      .waitFor();
  });

  it('takes a text of the address as text, whatever it looks like', async () => {
    const page = await ui.open('/users?search=123');
    await expect.poll(() => page.getByRole('main').getByLabel('Search').inputValue()).toBe('123');
    const { count } = (await statistics('{ search: "123" }')).userStatistics;
    await expect
      .poll(() => page.getByRole('grid', { name: 'List of users' }).getAttribute('aria-rowcount'))
      .toBe(String(count + 1));
  });

  it('opens a user from the list, and the explanation of one of their purchases', async () => {
    const { users } = await ui.data<{ users: { nodes: { userId: string }[] } }>(
      '{ users(first: 1) { nodes { userId } } }',
    );
    const userId = users.nodes[0]?.userId ?? '';
    const page = await ui.open('/users');
    await page.getByRole('link', { name: userId, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: `User ${userId}` }).waitFor();
    const { user } = await ui.data<{ user: { transactions: { totalCount: number } } }>(
      `{ user(userId: "${userId}") { transactions { totalCount } } }`,
    );
    await page.getByRole('heading', { name: new RegExp(`, ${user.transactions.totalCount} purchases?`) }).waitFor();
  });

  it('finds a user by the search of the frame, by keyboard only', async () => {
    const { users } = await ui.data<{ users: { nodes: { userId: string }[] } }>(
      '{ users(first: 1) { nodes { userId } } }',
    );
    const [user] = users.nodes;
    const page = await ui.open('/');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type(user?.userId ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: user?.userId ?? '', exact: true }).waitFor();
    await tabTo(page, 'List of users', 200);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: /^User / }).waitFor();
  });

  it('names the file and line of each attribute, and the records that do not count', async () => {
    const header = 'user_id,country,gender';
    await ui.opened.importFile('users', { name: 'first.csv', text: `${header}\nstated,FR,female` });
    await ui.opened.importFile('users', { name: 'second.csv', text: `${header}\nother,DE,\nstated,AT,` });
    const page = await ui.open('/users/stated');
    const attributes = page.getByRole('region', { name: 'Attributes' });
    await attributes.getByRole('row', { name: /^Country AT second\.csv, line 3/ }).waitFor();
    await attributes.getByRole('row', { name: /^Name – no file of this user/ }).waitFor();
    await attributes
      .getByRole('region', { name: 'Ignored records' })
      .getByText(/country FR, gender female: superseded by a later record · first\.csv, line 2/)
      .waitFor();
    await expectAccessible(page);
  });

  it('says that a user is unknown', async () => {
    const page = await ui.open('/users/nobody%2Fat%20all');
    await page.getByText('No record of this snapshot names the user “nobody/at all”.').waitFor();
  });

  it('fits and is accessible at each width, light and dark', async () => {
    const { users } = await ui.data<{ users: { nodes: { userId: string }[] } }>(
      '{ users(first: 1) { nodes { userId } } }',
    );
    const page = await ui.open('/users');
    await page.getByRole('grid', { name: 'List of users' }).waitFor();
    await expectEveryScreen(page);
    await page.goto(`${ui.url}/users/${users.nodes[0]?.userId}`);
    await page.getByRole('img', { name: 'Status over time with purchases' }).waitFor();
    await expectEveryScreen(page);
  });
});

describe.skipIf(!chromiumPath)('the page of users on an empty server', () => {
  const ui = uiServer();

  it('says where users come from', async () => {
    const page = await ui.open('/users');
    await page.getByRole('link', { name: 'Load users or status changes' }).click();
    await page.getByRole('heading', { level: 1, name: 'Intake' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/intake');
  });
});
