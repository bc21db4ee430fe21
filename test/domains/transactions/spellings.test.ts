import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createTransactionsImporter } from '../../../src/domains/transactions/import.ts';
import { recordTransaction } from '../../../src/domains/transactions/transactions.ts';
import { FileCells } from '../../../src/lib/cells/file-cells.ts';
import { formatDecimal } from '../../../src/lib/decimal.ts';
import type { ValueOptions } from '../../../src/lib/import-options.ts';
import { formatIp } from '../../../src/lib/ip.ts';
import { readRecord } from '../../../src/lib/problems.ts';
import { formatInstant, parseInstant } from '../../../src/lib/time.ts';

const importer = createTransactionsImporter({ record: recordTransaction });

const amounts = fc.oneof(
  fc.constantFrom('1.50', '007.5', '-0', '0', '1e2', '5.', '.5', '+5', '12', '-3.25', '1.234', '1,5', '1.234,5', '- 5'),
  fc.constantFrom('', '-', 'NULL', 'N/A', '.', '?', '$5', '434.99999999999994', '1234567890123456', '0.0000001', '5 %'),
  fc.constantFrom(1.5, -0, 0, 1e21, 1e-7, 100, null, true, [1], { a: 1 }),
  fc.double({ noNaN: true }),
  fc.integer({ min: -1_000_000, max: 1_000_000 }).map((cents) => cents / 100),
  fc.string({ unit: fc.constantFrom(...'0123456789.,-e '), maxLength: 17 }),
);

const addresses = fc.oneof(
  fc.ipV4(),
  fc.ipV6(),
  fc.constantFrom('::ffff:1.2.3.4', '2001:DB8::A', '01.2.3.4', '1.2.3', '1.2.3.4 ', '1.2.3.256', '::1', '1.2.3.4/8'),
  fc.constantFrom('', '-', 'NULL', '0.0.0.0', '255.255.255.255', null, undefined, 5, 1.2, true),
);

const instants = fc.oneof(
  fc.constantFrom(
    '2017-01-31T10:00:00Z',
    '2017-01-31 10:00',
    '2017-01-31T10:00:00+02:00',
    '2017-01-31T10:00:00.5-0330',
  ),
  fc.constantFrom(
    '2017-02-30',
    '31.01.2017 10:00',
    '01/02/2017',
    '1/2/2017',
    'NULL',
    '',
    '-',
    1_500_000_000,
    null,
    true,
  ),
  fc.constantFrom('201.01.2017', '12-3', '123-4', '2017-01-31T10:00:00Zulu'),
);

const records = fc.record({
  click_id: fc.constantFrom('a', '1', 7, '', 'NULL'),
  user_id: fc.constant('u'),
  product_id: fc.constant('p'),
  created_at: instants,
  product_price: amounts,
  ip: addresses,
});

const optionsOfFile: fc.Arbitrary<ValueOptions | null> = fc.option(
  fc.record(
    {
      decimal: fc.constantFrom('.' as const, ',' as const),
      nullMarkers: fc.subarray(['0.0.0.0', '12', '0', '1.5', 'none', '2017-01-31T10:00:00Z'], { minLength: 1 }),
    },
    { requiredKeys: [] },
  ),
);

/** What a file shows before its records are read. */
const surveyed = (options: ValueOptions, all: readonly Readonly<Record<string, unknown>>[]): FileCells => {
  const cells = new FileCells(importer.writtenFields ?? {}, options);
  if (all.some((record) => cells.needsSurvey(record))) {
    for (const record of all) cells.survey(record);
    cells.decide();
  }
  return cells;
};

it('a transaction has the amount and the address that reading and formatting them gives, and the same problems', () => {
  fc.assert(
    fc.property(fc.array(records, { minLength: 1, maxLength: 4 }), optionsOfFile, (all, options) => {
      const cells = options === null ? undefined : surveyed(options, all);
      for (const record of all) {
        const expected = readRecord(
          record,
          (fields) => ({
            transactionId: fields.id('click_id'),
            userId: fields.id('user_id'),
            occurredAtUs: fields.instant('created_at'),
            productId: fields.id('product_id'),
            amount: formatDecimal(fields.decimal('product_price')),
            ip: fields.optional('ip', (name) => formatIp(fields.ip(name))),
          }),
          { cells },
        );
        expect(importer.read(record, { cells })).toEqual(expected);
        const at = record.created_at;
        const isUsual = typeof at === 'string' && parseInstant(at) !== null;
        if (expected.value && isUsual) expect(expected.value.occurredAtUs).toBe(parseInstant(at));
      }
    }),
    { numRuns: 2000 },
  );
});

const plainAmount = /^-?\d+(?:\.\d+)?$/;
const openAmount = /^-?[1-9]\d{0,2}\.\d{3}$/;
const exponent = /^[+-]?[\d.]+[eE][+-]?\d+$/;
const datesInDigits = /^\s*\d{1,2}[./-]\d/;
const pointAmount = /^-?(?:\d+\.(?:\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)$/;

it('a file is surveyed from the first record on that its patterns name', () => {
  fc.assert(
    fc.property(fc.array(records, { minLength: 1, maxLength: 6 }), optionsOfFile, (all, options) => {
      const cells = new FileCells(importer.writtenFields ?? {}, options ?? {});
      let hasPoint = false;
      const isNamed = ({ product_price: amount, created_at: at }: (typeof all)[number]): boolean => {
        if (typeof at === 'string' && datesInDigits.test(at) && typeof amount !== 'string') return true;
        if (typeof amount === 'string' && amount !== '') {
          if (!plainAmount.test(amount)) {
            if (!exponent.test(amount) && !cells.isMissing(amount, false)) return true;
          } else if (options?.decimal === ',' && amount.includes('.')) return true;
          else if (pointAmount.test(amount)) hasPoint = true;
          else if (openAmount.test(amount) && !hasPoint) return true;
        }
        return typeof at === 'string' && datesInDigits.test(at);
      };
      for (const record of all) expect(cells.needsSurvey(record)).toBe(isNamed(record));
    }),
    { numRuns: 1000 },
  );
});

it('an instant with an offset is the one in UTC', () => {
  const read = importer.read(
    { click_id: 1, created_at: '2017-01-31T12:00:00+02:00', product_id: 'p', product_price: 1, user_id: 'u' },
    {},
  );
  expect(read.value && formatInstant(read.value.occurredAtUs)).toBe('2017-01-31T10:00:00Z');
});
