import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../src/lib/column.ts';
import { readColumn } from './read-column.ts';

type Case = readonly [cells: readonly string[], type: ColumnType, values: readonly (string | null | undefined)[]];

const textCase = (...cells: string[]): Case => [cells, 'STRING', cells];

const expectCases = (cases: readonly Case[]): void => {
  for (const [cells, type, values] of cases) {
    const result = readColumn(cells);
    expect([cells, result.plan.type, result.values]).toEqual([cells, type, values]);
  }
};

describe('numbers of a column', () => {
  it('agree on one decimal sign, whatever groups their thousands', () => {
    expectCases([
      [['10.00', '1,250.00', '+5', ' 7 ', '\t8'], 'DECIMAL', ['10.00', '1250.00', '5', '7', '8']],
      [['1234,50', '99,90', '5,00'], 'DECIMAL', ['1234.50', '99.90', '5.00']],
      [['5,50', '1.234,50', '99,90', '1.234'], 'DECIMAL', ['5.50', '1234.50', '99.90', '1234']],
      [['1 234,5', '12', '1\u202f000\u202f000,25'], 'DECIMAL', ['1234.5', '12', '1000000.25']],
      [["1'234.50", '12.00', '-1\u2019000.25'], 'DECIMAL', ['1234.50', '12.00', '-1000.25']],
      [['1,234', '5,678'], 'INTEGER', ['1234', '5678']],
      [['1.234', '5.678'], 'DECIMAL', ['1.234', '5.678']],
      [['1.234.567', '5.678'], 'INTEGER', ['1234567', '5678']],
      [['12,34,567.50', '1,00,000'], 'DECIMAL', ['1234567.50', '100000']],
      [['.5', '-.25', '\u22121.5'], 'DECIMAL', ['0.5', '-0.25', '-1.5']],
    ]);
  });

  it('follow the other columns of the file, and the option, where the sign is open', () => {
    const cells = ['1.234', '12.500', '999'];
    expect(readColumn(cells, { hints: { decimal: ',' } }).values).toEqual(['1234', '12500', '999']);
    expect(readColumn(cells, { decimal: ',' }).values).toEqual(['1234', '12500', '999']);
    expect(readColumn(['1,234', '5,678'], { hints: { delimiter: ';' } }).values).toEqual(['1.234', '5.678']);
  });

  it('are exact up to 38 digits', () => {
    expectCases([
      [['82544000000000707.52', '1234567890.123456789'], 'DECIMAL', ['82544000000000707.52', '1234567890.123456789']],
      [
        ['9007199254740993', '-12345678901234567890123456789012345678'],
        'INTEGER',
        ['9007199254740993', '-12345678901234567890123456789012345678'],
      ],
      textCase('0.1', '12345678901234567890123456789012345678'),
    ]);
    expect(readColumn(['82544000000000707.52', '1234567890.123456789']).plan).toMatchObject({
      precision: 26,
      scale: 9,
    });
  });

  it('are doubles only with exponents, and only where a double holds what is written', () => {
    expectCases([
      [['1.5e3', '1e-05', '2E+10', '0.1'], 'FLOAT', ['1500', '0.00001', '20000000000', '0.1']],
      [['1.000000000000000056e-01', '2.5e3'], 'FLOAT', ['0.1', '2500']],
      [['1,5E+3', '0,25'], 'FLOAT', ['1500', '0.25']],
      textCase('1.5e3', '9007199254740993', '0.12345678901234567890'),
    ]);
  });

  it('are not made of codes, versions, labels and telephone numbers', () => {
    expectCases([
      textCase('123E4', '567E8', '12E10', '1E5'),
      textCase('1.1', '1.10', '1.2', '2.0'),
      textCase('3.8', '3.9', '3.10', '3.11'),
      textCase('0042', '1', '2'),
      textCase('12', '14', '14a', '16'),
      textCase('1.2', '1.3', '1.3.1', '2.0'),
      textCase('1.', '2.', '3.'),
      textCase('555 123 456', '555 123 457'),
      textCase('+4612345678', '+4687654321'),
    ]);
  });

  it('may be written with different numbers of decimals', () => {
    expectCases([
      [['1.5', '2.25', '3'], 'DECIMAL', ['1.5', '2.25', '3']],
      [['10', '12.50', '9.99'], 'DECIMAL', ['10', '12.50', '9.99']],
      [['1.0', '2.5', '3.25'], 'DECIMAL', ['1.0', '2.5', '3.25']],
      [['1.5', '1.50', '1.05', '2'], 'DECIMAL', ['1.5', '1.50', '1.05', '2']],
    ]);
  });
});

describe('missing values', () => {
  it('are written as markers among numbers, but words stay words in text', () => {
    expectCases([
      [['NA', '1', '2', 'N/A', 'NULL', 'None', '\\N', '-', ' '], 'INTEGER', [null, '1', '2', ...Array(6).fill(null)]],
      [['Anna', 'None', 'NA', 'NULL', '\\N', '-', ''], 'STRING', ['Anna', 'None', 'NA', null, null, '-', null]],
    ]);
  });

  it('are those of the option', () => {
    expect(readColumn(['-999', '5', 'x', ''], { nullMarkers: ['-999', 'x'] }).values).toEqual([null, '5', null, null]);
    expect(readColumn(['NULL', 'a'], { nullMarkers: [] }).values).toEqual(['NULL', 'a']);
  });
});

describe('dates of a column', () => {
  it('have the order that one of them shows', () => {
    expectCases([
      [['31/12/2024', '01/02/2025'], 'DATE', ['2024-12-31', '2025-02-01']],
      [['12/31/2024', '01/02/2025'], 'DATE', ['2024-12-31', '2025-01-02']],
      [['01.02.2024', '1.3.2024'], 'DATE', ['2024-02-01', '2024-03-01']],
      textCase('01/02/2024', '02/03/2024'),
      textCase('13/01/2024', '01/13/2024'),
    ]);
    expect(readColumn(['01/02/2024'], { dateOrder: 'MDY' }).values).toEqual(['2024-01-02']);
    expect(readColumn(['01/02/2024']).plan.reading.notes).toEqual([
      'it is not certain whether 01/02/2024 begins with the day or the month: state dateOrder',
    ]);
  });

  it('may have times in the usual forms', () => {
    const forms = [
      ['2024-03-05 10:00:00', '2024-03-05 10:00:00'],
      ['2024-03-05T10:00:00Z', '2024-03-05 10:00:00'],
      ['2024-03-05 10:00:00.5+00', '2024-03-05 10:00:00.5'],
      ['2024-03-05T10:00:00+0100', '2024-03-05 09:00:00'],
      ['2024-03-05T10:00:00-05:30', '2024-03-05 15:30:00'],
      ['2024-03-05 10:00:00 UTC', '2024-03-05 10:00:00'],
      ['2024-03-05T10:00:00.123456789Z', '2024-03-05 10:00:00.123456'],
      ['2024/03/05 10:00', '2024-03-05 10:00:00'],
      ['31.12.2024 23:59', '2024-12-31 23:59:00'],
      ['12.1.2024 1:02:03 PM', '2024-01-12 13:02:03'],
      ['Tue, 05 Mar 2024 10:00:00 +0000', '2024-03-05 10:00:00'],
      ['Mar 5, 2024, 12:30 a.m.', '2024-03-05 00:30:00'],
      ['20240305T100000Z', '2024-03-05 10:00:00'],
      ['9999-12-31 23:59:59', '9999-12-31 23:59:59'],
      ['2024-03-05', '2024-03-05 00:00:00'],
    ];
    expectCases([[forms.map(([form]) => form as string), 'DATE_TIME', forms.map(([, value]) => value)]]);
  });
});

describe('cells of a stated type', () => {
  it('may have units, per cent, parentheses and years of two digits', () => {
    const amounts = readColumn(['1.234,50 €', '99,90', '(5,00)', '12 %', '7-', 'EUR 3'], { explicitType: 'DECIMAL' });
    expect(amounts.values).toEqual(['1234.50', '99.90', '-5.00', '12', '-7', '3']);
    expect(amounts.plan.reading.notes).toEqual([
      'per cent are kept as written: 12 % is 12 (cells with %: 1)',
      'amounts are stored without their currency (€, EUR); amounts in different currencies are not converted',
    ]);
    expect(readColumn(['$1,234.50', '-$3.00', 'x'], { explicitType: 'DECIMAL' }).values).toEqual([
      '1234.50',
      '-3.00',
      undefined,
    ]);
    expect(
      readColumn(['31.12.24', '1.2.99', '20241231', '2024-12-31 00:00:00'], { explicitType: 'DATE' }).values,
    ).toEqual(['2024-12-31', '1999-02-01', '2024-12-31', '2024-12-31']);
    expect(readColumn(['007', '5.00', '1e3', '5.5'], { explicitType: 'INTEGER' }).values).toEqual([
      '7',
      '5',
      '1000',
      undefined,
    ]);
    expect(readColumn(['yes', '0', 'on', '2'], { explicitType: 'BOOLEAN' }).values).toEqual([
      'true',
      'false',
      'true',
      undefined,
    ]);
  });
});

describe('lists', () => {
  it('keep the digits of their numbers', () => {
    expectCases([
      [
        ['[1294030472427835393, 740245381351497730]', '[1.50]', "['a', 2]", '[]'],
        'STRING_LIST',
        ['["1294030472427835393","740245381351497730"]', '["1.50"]', '["a","2"]', '[]'],
      ],
    ]);
  });
});
