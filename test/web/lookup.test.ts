import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { chromiumPath } from '../support/browser.ts';
import { expectAccessible, expectFits, tabTo, uiServer } from '../support/ui.ts';

const ranges = 'cidr,city\n10.1.0.0/16,berlin\n10.1.7.0/24,potsdam\n2001:db8::/32,paris\n';

const changes = [
  { user_id: '0001', created_at: '2025-01-10T09:00:00Z', status: 'paying' },
  { user_id: '0001', created_at: '2025-06-01T00:00:00Z', status: 'cancelled' },
];

describe.skipIf(!chromiumPath)('the page Lookup', () => {
  const ui = uiServer({
    async prepare(opened) {
      await opened.importFile('ip-ranges', { name: 'ranges.csv', text: ranges });
      await opened.importFile('user-status', { name: 'changes.json', text: JSON.stringify(changes) });
    },
  });

  it('says the status of a user on a date, and which records decided it, by keyboard only', async () => {
    const page = await ui.open('/lookup?zone=Europe%2FBerlin');
    await page.getByRole('heading', { name: 'Status of a user' }).waitFor();
    await tabTo(page, 'User');
    await page.keyboard.type('0001');
    await page.keyboard.press('Tab');
    // In Berlin it is midnight of the next day already when the change takes effect in UTC.
    await page.keyboard.type('2025-06-01 01:59');
    await page.keyboard.press('Enter');
    const answer = page.locator('[data-answer]');
    await answer.waitFor();
    expect(await answer.innerText()).toBe('paying');
    const { userStatus } = await ui.data<{ userStatus: { status: string } }>(
      '{ userStatus(userId: "0001", date: "2025-05-31T23:59:00Z") { status } }',
    );
    expect(userStatus.status).toBe('PAYING');
    const table = page.getByRole('region', { name: 'Status changes' });
    expect(await table.innerText()).toMatch(/paying.*decided.*changes\.json, line \d/s);
    expect(await table.innerText()).toMatch(/cancelled.*takes effect later/s);
    await page.getByRole('link', { name: 'User 0001' }).waitFor();
    const other = await ui.open(page.url().replace(ui.url, ''));
    await other.locator('[data-answer]').waitFor();
    expect(await other.locator('[data-answer]').innerText()).toBe('paying');
  });

  it('says that an unknown user has never paid, and which fields are missing', async () => {
    const page = await ui.open('/lookup');
    await page.getByRole('button', { name: 'Look up the status' }).click();
    await page.getByText('Write the id of a user.').waitFor();
    await page.getByLabel('User', { exact: true }).fill('nobody');
    await page.getByLabel('Date').fill('yesterday');
    await page.getByRole('button', { name: 'Look up the status' }).click();
    await page.getByText('Write a time such as 2025-10-07 20:22.').waitFor();
    await page.getByLabel('Date').fill('');
    await page.getByRole('button', { name: 'Look up the status' }).click();
    await page.getByText(/No record names this user/).waitFor();
    expect(await page.locator('[data-answer]').innerText()).toBe('non-paying');
  });

  it('finds the cities of pasted addresses, and says for each other line why it is none', async () => {
    const page = await ui.open('/lookup');
    await page.getByLabel('Addresses').fill('10.1.7.20\n10.1.7.0/24, 2001:db8::1\n\n192.0.2.1');
    await page.getByRole('button', { name: 'Look up the cities' }).click();
    await page.getByText('4 addresses: 2 with a city, 1 unknown, 1 no addresses').waitFor();
    const grid = page.getByRole('grid', { name: 'Cities of addresses' });
    expect(await grid.innerText()).toMatch(/potsdam.*10\.1\.7\.0\/24.*ranges\.csv, line 3/s);
    await grid.getByText('this is a range: leave out the slash and what follows').waitFor();
    // With the time between clicks that people need: the second one is on what the first one has opened.
    await grid.getByText('potsdam').dblclick({ delay: 40 });
    const drawer = page.getByRole('dialog', { name: 'City of 10.1.7.20' });
    expect(await drawer.getByRole('region', { name: 'IP ranges' }).innerText()).toMatch(/potsdam.*berlin/s);
    await expectAccessible(page);
    await page.mouse.click(5, 450);
    await drawer.waitFor({ state: 'detached' });
    await page.goBack();
    await drawer.waitFor();
    const other = await ui.open(page.url().replace(ui.url, ''), { theme: 'dark', width: 390 });
    await other
      .getByRole('dialog', { name: 'City of 10.1.7.20' })
      .getByText(/narrowest of 2 ranges/)
      .waitFor();
    await other.keyboard.press('Escape');
    await other.getByText('4 addresses: 2 with a city, 1 unknown, 1 no addresses').waitFor();
    await expectFits(other);
    await expectAccessible(other);
  });

  it('posts more addresses than a link can hold, and exports their cities', async () => {
    const page = await ui.open('/lookup');
    const addresses = Array.from({ length: 1500 }, (_, index) => `10.1.${index % 256}.${index % 251}`);
    // Pasted as by a person: typing so many lines takes Chromium half a minute.
    await page.evaluate((text) => navigator.clipboard.writeText(text), addresses.join('\n'));
    await page.getByLabel('Addresses').focus();
    await page.keyboard.press('ControlOrMeta+v');
    await page.getByRole('button', { name: 'Look up the cities' }).click();
    await page.getByText('1,500 addresses: 1,500 with a city, 0 unknown, 0 no addresses').waitFor();
    await page.getByText(/too long for a link/).waitFor();
    expect(new URL(page.url()).searchParams.has('addresses')).toBe(false);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'CSV' }).click(),
    ]);
    const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1501);
    const { ipCities } = await ui.data<{ ipCities: { ipCity: { city: string } }[] }>(
      'query ($addresses: [String!]!) { ipCities(addresses: $addresses) { ipCity { city } } }',
      { addresses: addresses.slice(0, 1000) },
    );
    expect(lines.slice(1, 1001).map((line) => line.split(',')[2])).toEqual(ipCities.map(({ ipCity }) => ipCity.city));
  });
});
