import { describe, expect, it, onTestFinished } from 'vitest';
import { rejectedRecords, statusChanges, transactions, userProfiles } from '../../../db/tables/index.ts';
import type { ImportOptions } from '../../../src/domains/imports/run.ts';
import { formatInstant } from '../../../src/lib/time.ts';
import { type OpenApp, openApp } from '../../support/app.ts';

const fresh = async (): Promise<OpenApp> => {
  const opened = await openApp();
  onTestFinished(opened.close);
  return opened;
};

/** The messages of the rejects of an import, by line. */
const rejectsOf = ({ app }: OpenApp): Record<number, string> =>
  Object.fromEntries(
    app.store
      .page(rejectedRecords, { key: 'id', direction: 'asc', limit: 1000 })
      .map(({ line, problems }) => [line, problems.map(({ message }) => message).join('; ')]),
  );

const importLines = async (opened: OpenApp, target: string, lines: readonly string[], options?: ImportOptions) => {
  const { read, accepted, rejected, state } = await opened.importFile(
    target,
    { name: `${target}.csv`, text: lines.join('\n') },
    options,
  );
  expect({ read, accepted: accepted + rejected, state }).toEqual({ read, accepted: read, state });
  return { accepted, rejects: rejectsOf(opened) };
};

const inOrder = { key: 'seq', direction: 'asc', limit: 1000 } as const;

/** Country and gender by user. */
const attributesOf = ({ app }: OpenApp): Record<string, readonly (string | null)[]> =>
  Object.fromEntries(
    app.store.page(userProfiles, inOrder).map(({ userId, country, gender }) => [userId, [country, gender]]),
  );

const pricesHeader = 'click_id,created_at,product_id,product_price,user_id,ip';

/** Transactions of one user with these prices, from line 2 on. */
const pricesOf = (...prices: string[]): string[] => [
  pricesHeader,
  ...prices.map((price, index) => `${index},2024-01-31T10:00:00Z,p,"${price}",u,`),
];

const amountsOf = ({ app }: OpenApp): string[] => app.store.page(transactions, inOrder).map(({ amount }) => amount);

describe('missing values of records', () => {
  const markers = ['NULL', 'null', '\\N', 'N/A', 'n/a', 'None', '-', 'NaN', '#N/A', ''];

  it('are unknown where a field may be missing', async () => {
    const opened = await fresh();
    const lines = ['user_id,country,gender', ...markers.map((marker, index) => `u${index},${marker},${marker}`)];
    expect(await importLines(opened, 'users', [...lines, 'n,NA,NA', 'o,Nauru,nonbinary'])).toEqual({
      accepted: 12,
      rejects: {},
    });
    const attributes = attributesOf(opened);
    for (const [index] of markers.entries()) expect(attributes[`u${index}`]).toEqual([null, null]);
    // The code of Namibia is a country, and no gender.
    expect([attributes.n, attributes.o]).toEqual([
      ['NA', null],
      ['Nauru', 'nonbinary'],
    ]);
  });

  it('are rejected with the reason where a field must be there', async () => {
    const opened = await fresh();
    const lines = [
      'user_id,created_at,status',
      'NULL,2024-01-01,paying',
      'a,\\N,paying',
      'b,2024-01-01,-',
      'c,2024-01-01,paying',
    ];
    expect(await importLines(opened, 'user-status', lines)).toEqual({
      accepted: 1,
      rejects: {
        2: 'user_id is missing: "NULL" stands for a missing value',
        3: 'created_at is missing: "\\\\N" stands for a missing value',
        4: 'status is missing: "-" stands for a missing value',
      },
    });
  });

  it('are those of the option, and words that have a meaning stay words', async () => {
    const opened = await fresh();
    const users = ['user_id,country,gender', 'NA,-99,f', 'None,SE,NA'];
    expect(await importLines(opened, 'users', users, { nullMarkers: ['-99'] })).toEqual({ accepted: 2, rejects: {} });
    const attributes = attributesOf(opened);
    expect([attributes.NA, attributes.None]).toEqual([
      [null, 'f'],
      ['SE', 'NA'],
    ]);
    const events = ['user_id,account_type,date,event_type,order_value,version', 'u,none,2024-01-31,None,NULL,none'];
    expect(await importLines(opened, 'events', events)).toEqual({ accepted: 1, rejects: {} });
    const changes = ['user_id,created_at,status', 'u,2024-01-01,None'];
    const synonyms = { None: 'cancelled' };
    expect(await importLines(opened, 'user-status', changes, { synonyms })).toEqual({ accepted: 1, rejects: {} });
  });
});

describe('amounts of records', () => {
  it.each([
    [
      ['1.234,50', '99,90', '1.234', '12', '-3,5'],
      ['1234.5', '99.9', '1234', '12', '-3.5'],
    ],
    [
      ['1.234', '12', '99,90'],
      ['1234', '12', '99.9'],
    ],
    [
      ['1,234.50', '99.90', '1,234'],
      ['1234.5', '99.9', '1234'],
    ],
    [
      ["1'234.50", '1 000', '5.25'],
      ['1234.5', '1000', '5.25'],
    ],
    [
      ['12,50 €', '€3,00', '4,75'],
      ['12.5', '3', '4.75'],
    ],
    [
      ['1.234', '5.678'],
      ['1.234', '5.678'],
    ],
  ])('%j have the reading that the whole file shows', async (prices, amounts) => {
    const opened = await fresh();
    expect(await importLines(opened, 'transactions', pricesOf(...prices))).toEqual({
      accepted: prices.length,
      rejects: {},
    });
    expect(amountsOf(opened)).toEqual(amounts);
  });

  it('are refused where the file leaves the reading open', async () => {
    const open = await fresh();
    const { rejects } = await importLines(open, 'transactions', pricesOf('1,234', '1.234', '12'));
    expect(rejects).toEqual({
      2: 'product_price may be a thousand or a decimal, and no record of the file shows which: state decimal ("1,234")',
      3: 'product_price may be a thousand or a decimal, and no record of the file shows which: state decimal ("1.234")',
    });
    const both = await fresh();
    const mixed = await importLines(both, 'transactions', pricesOf('99.90', '99,90', '7'));
    expect(mixed.accepted).toBe(2);
    expect(mixed.rejects[3]).toMatch(/^product_price has an uncertain decimal sign: .*state decimal \("99,90"\)$/);
    const currencies = await fresh();
    const various = await importLines(currencies, 'transactions', pricesOf('$5.00', '€6.00', '7.00', '5%'));
    expect(various.accepted).toBe(1);
  });

  it('have the sign that the import states', async () => {
    const opened = await fresh();
    const prices = pricesOf('1.234', '1,234', '1.000,5', '99.90');
    const { accepted, rejects } = await importLines(opened, 'transactions', prices, { decimal: ',' });
    expect(accepted).toBe(3);
    expect(rejects[5]).toContain('must be a number with a decimal comma');
    expect(amountsOf(opened)).toEqual(['1234', '1.234', '1000.5']);
  });
});

describe('times of records', () => {
  const lines = [
    'user_id,created_at,status',
    'a,01/02/2024 10:00,paying',
    'b,13/02/2024 11:30:00.5,paying',
    'c,2024-03-01,paying',
  ];
  const startsOf = ({ app }: OpenApp): string[] =>
    app.store.page(statusChanges, inOrder).map(({ effectiveAtUs }) => formatInstant(effectiveAtUs));

  it('have the order of day and month that the whole file shows', async () => {
    const opened = await fresh();
    expect(await importLines(opened, 'user-status', lines)).toEqual({ accepted: 3, rejects: {} });
    expect(startsOf(opened)).toEqual(['2024-02-01T10:00:00Z', '2024-02-13T11:30:00.5Z', '2024-03-01T00:00:00Z']);
  });

  it('are refused where the order is open, unless the import states it', async () => {
    const opened = await fresh();
    const open = ['user_id,created_at,status', 'a,01/02/2024,paying'];
    const message =
      'created_at may begin with the day or the month, and the records of the file do not show which: state dateOrder ("01/02/2024")';
    expect(await importLines(opened, 'user-status', open)).toEqual({ accepted: 0, rejects: { 2: message } });
    expect((await importLines(opened, 'user-status', open, { dateOrder: 'MDY' })).accepted).toBe(1);
    expect(startsOf(opened)).toEqual(['2024-01-02T00:00:00Z']);
  });
});
