import { describe, expect, it } from 'vitest';
import type { ColumnType } from '../../../src/lib/column.ts';
import { type ColumnResult, readColumn, readFile } from './read-column.ts';

const times = (count: number, cell: string): string[] => Array<string>(count).fill(cell);

const expectRead = (result: ColumnResult, type: ColumnType, values: readonly (string | null | undefined)[]): void =>
  expect([result.plan.type, result.values]).toEqual([type, values]);

const expectText = (...cells: string[]): void => expectRead(readColumn(cells), 'STRING', cells);

describe('numbers with thousands', () => {
  it('are numbers where a few of them have the sign', () => {
    const { plan, values } = readColumn([...times(95, '10.00'), ...times(5, '1,250.00')]);
    expect(plan.type).toBe('DECIMAL');
    expect(values.reduce((sum, value) => sum + Number(value), 0)).toBe(7200);
  });

  it('have the sign that another column of the file shows', () => {
    const [quantity, revenue] = readFile(
      [
        ['1.234', '12.500', '999'],
        ['5,50', '1.234,50', '99,90'],
      ],
      { hints: { delimiter: ';' } },
    ) as [ColumnResult, ColumnResult];
    expectRead(quantity, 'INTEGER', ['1234', '12500', '999']);
    expectRead(revenue, 'DECIMAL', ['5.50', '1234.50', '99.90']);
    const [weight] = readFile(
      [
        ['1.234', '12.500'],
        ['0.5', '0.25'],
      ],
      { hints: { delimiter: ';' } },
    ) as [ColumnResult];
    expectRead(weight, 'DECIMAL', ['1.234', '12.500']);
  });

  it('stay text between semicolons where nothing shows what the point is', () => {
    const cells = ['1.234', '12.500', '999'];
    const hints = { delimiter: ';' } as const;
    const [open] = readFile([cells], { hints }) as [ColumnResult];
    expectRead(open, 'STRING', cells);
    expect(open.plan.reading.notes).toEqual([
      'it is not certain whether 1.234 is a decimal or a thousand in this column: state decimal',
    ]);
    expectRead(readFile([cells], { hints, decimal: ',' })[0] as ColumnResult, 'INTEGER', ['1234', '12500', '999']);
    expectRead(readFile([cells], { hints, decimal: '.' })[0] as ColumnResult, 'DECIMAL', cells);
    expectRead(readFile([['1.234', '1234']], { hints })[0] as ColumnResult, 'DECIMAL', ['1.234', '1234']);
    const stated = readFile([cells], { hints, explicitType: 'INTEGER' })[0] as ColumnResult;
    expectRead(stated, 'INTEGER', ['1234', '12500', '999']);
  });

  it('are text where the signs contradict each other, and misfits where few do', () => {
    expectText('1,234.5', '1.234,5', '7');
    expectText('1.5', '2,5', '3.5', '4,5');
    const few = readColumn([...times(30, '1.5'), '2,5', '1,234', '3.25']);
    expect(few.values.slice(30)).toEqual([undefined, undefined, '3.25']);
  });

  it('may be grouped by spaces and apostrophes of all kinds', () => {
    const spaces = [' ', '\u00a0', '\u2009', '\u202f', '\u2007', "'", '\u2019'];
    for (const sign of spaces)
      expectRead(readColumn([`12${sign}345${sign}678,5`, `-1${sign}000`, '7']), 'DECIMAL', [
        '12345678.5',
        '-1000',
        '7',
      ]);
    expectText('12 34', '1 2345', '5 6');
  });
});

describe('amounts with units', () => {
  const amounts = [
    '$1,234.50',
    'US$ 3',
    '-$5.00',
    '($4.00)',
    '$(3.00)',
    '(1,250.00)',
    '5.00-',
    'USD 7',
    '8 USD',
    '12.\u2013',
  ];

  it('are text unless the type is stated', () => {
    expectText(...amounts);
    expectText('1.234,50 €', '99,90 €');
    expectText('12%', '13.5 %');
    expectText('(5.00)', '(6.00)', '1.00');
    const values = ['1234.50', '3', '-5.00', '-4.00', '-3.00', '-1250.00', '-5.00', '7', '8', '12'];
    expectRead(readColumn(amounts, { explicitType: 'DECIMAL' }), 'DECIMAL', values);
  });

  it('have the signs and codes of other currencies and their spellings', () => {
    const swiss = readColumn(["CHF 1'234.50", 'Fr. 3', '£4', '¥500', '₹1,00,000.00', 'R$ 7.5'], {
      explicitType: 'DECIMAL',
    });
    expectRead(swiss, 'DECIMAL', ['1234.50', '3', '4', '500', '100000.00', '7.5']);
    const nordic = readColumn(['1 234,50 kr', '12,5\u00a0€', '3,00 zł', 'EUR -4,25', '7,– €'], {
      explicitType: 'DECIMAL',
    });
    expectRead(nordic, 'DECIMAL', ['1234.50', '12.5', '3.00', '-4.25', '7']);
    const words = readColumn(['12 apples', '5 kg', 'ABC 12', '(5', '$', '%'], { explicitType: 'DECIMAL' });
    expectRead(
      words,
      'DECIMAL',
      times(6, '').map(() => undefined),
    );
  });
});

describe('codes', () => {
  it('stay as they are written', () => {
    expectText('01234', '98765', '10115');
    expectText(...times(99, '98765'), '01234');
    expectText('123E4', '1234', '5678');
    expectText('12E10', '99', '1e5', '345678');
    expectText('+4912345678', '+49 30 1234567', '0301234567');
    expectText('030 123 456', '040 555 666');
    expectText('0x1F', '0xFF');
    expectText('00ff', '1a2b', '1234');
    expectText('550e8400-e29b-41d4-a716-446655440000', '6ba7b810-9dad-11d1-80b4-00c04fd430c8');
    expectText('978-3-16-148410-0', '978-0-306-40615-7');
    expectText('4006381333931', '0012345678905');
    expectText('10.0.0.1', '192.168.1.1');
    expectText('1.2.3', '1.10.0');
    expectText('1.9', '1.10', '1.11');
    expectText('10.0', '10.1', '10.10');
    expectText('3-1', '2-0');
    expectText('١٢٣', '٤');
    expectText('1.5', 'Infinity', '-Infinity');
  });

  it('are whole numbers where nothing shows otherwise', () => {
    expectRead(readColumn(['98765', '10115']), 'INTEGER', ['98765', '10115']);
    expectRead(readColumn(['45292', '45293']), 'INTEGER', ['45292', '45293']);
    expectRead(readColumn(['1704067200', '1704067200000']), 'INTEGER', ['1704067200', '1704067200000']);
    expectRead(readColumn(['1', '0', '1']), 'INTEGER', ['1', '0', '1']);
    expectRead(readColumn([' 1', ' 12', '\u00a0123\u00a0']), 'INTEGER', ['1', '12', '123']);
  });
});

describe('long numbers', () => {
  it('are exact to 38 digits and text beyond', () => {
    const nines = '9'.repeat(38);
    expectRead(readColumn([nines, `-${nines}`]), 'INTEGER', [nines, `-${nines}`]);
    expectText(`${nines}9`, '1');
    expectText(...times(99, '1'), `${nines}9`);
    const long = `1.${'1'.repeat(37)}`;
    expectRead(readColumn([long, '2']), 'DECIMAL', [long, '2']);
    expectText(`${long}1`, '2');
  });

  it('are never rounded by a column with exponents', () => {
    expectRead(readColumn(['1.5e3', '2.5E-3', '1e+5']), 'FLOAT', ['1500', '0.0025', '100000']);
    expectText('1.5e3', '9007199254740993', '82544000000000707.52');
    const rare = readColumn([...times(200, '1.5e3'), '9007199254740993']);
    expect(rare.values.at(-1)).toBeUndefined();
    expect(readColumn([...times(200, '1.5e3'), '1.23456789e-322']).values.at(-1)).toBeUndefined();
  });
});

describe('booleans', () => {
  it('are true and false, and more words where the type is stated', () => {
    expectRead(readColumn(['true', 'FALSE', 'True', ' false ']), 'BOOLEAN', ['true', 'false', 'true', 'false']);
    expectText('yes', 'no');
    expectText('t', 'f');
    const stated = readColumn(['Yes', 'n', '1', 'OFF', 'maybe', '2'], { explicitType: 'BOOLEAN' });
    expectRead(stated, 'BOOLEAN', ['true', 'false', 'true', 'false', undefined, undefined]);
  });
});

describe('missing values', () => {
  it('are markers of all usual spellings among numbers, dates and booleans', () => {
    const markers = [
      'NA',
      'N/A',
      '#N/A',
      'n/a',
      'NULL',
      'null',
      'None',
      'nil',
      '\\N',
      '-',
      '--',
      '\u2013',
      '?',
      'NaN',
      'nan',
      '.',
      ' NA ',
    ];
    const missing = markers.map(() => null);
    expectRead(readColumn(['1', ...markers]), 'INTEGER', ['1', ...missing]);
    expectRead(readColumn(['2.5', ...markers]), 'DECIMAL', ['2.5', ...missing]);
    expectRead(readColumn(['2024-01-31', ...markers]), 'DATE', ['2024-01-31', ...missing]);
    expectRead(readColumn(['true', ...markers]), 'BOOLEAN', ['true', ...missing]);
  });

  it('are words in text: a surname, the code of Namibia', () => {
    expectRead(readColumn(['NA', 'SE', 'NULL', '\\N', '']), 'STRING', ['NA', 'SE', null, null, null]);
    expectRead(readColumn(['Null', 'None', 'Smith', '-']), 'STRING', ['Null', 'None', 'Smith', '-']);
  });

  it('are all there is in a column of nothing but markers', () => {
    expectRead(readColumn(['NA', '', 'NULL', 'NA']), 'STRING', [null, null, null, null]);
    expectRead(readColumn(['-', '-', '']), 'STRING', [null, null, null]);
    expectRead(readColumn(['None', 'nan']), 'STRING', [null, null]);
    expectRead(readColumn(['NA'], { explicitType: 'STRING' }), 'STRING', ['NA']);
    expectRead(readColumn(['NA', 'x'], { nullMarkers: ['x'] }), 'STRING', ['NA', null]);
  });

  it('are not 0, and blank cells are', () => {
    expectRead(readColumn(['0', '0.0', ' ', '\t', '']), 'DECIMAL', ['0', '0.0', null, null, null]);
    expectRead(readColumn(['0', '-1', '9999'], { nullMarkers: ['-1', '9999'] }), 'INTEGER', ['0', null, null]);
  });
});

describe('dates', () => {
  it('have one order in a column, by its own evidence, that of the file or the option', () => {
    const [open, certain] = readFile([
      ['01/02/2024', '03/04/2024'],
      ['25/12/2023', '01/01/2024'],
    ]) as [ColumnResult, ColumnResult];
    expectRead(open, 'DATE', ['2024-02-01', '2024-04-03']);
    expectRead(certain, 'DATE', ['2023-12-25', '2024-01-01']);
    expectRead(readColumn(['01-02-2024 10:00', '13-02-2024 11:30']), 'DATE_TIME', [
      '2024-02-01 10:00:00',
      '2024-02-13 11:30:00',
    ]);
    expectRead(readColumn(['2024-12-31', '31/12/2024', '1 Feb 2024']), 'DATE', [
      '2024-12-31',
      '2024-12-31',
      '2024-02-01',
    ]);
    expectRead(readColumn(['1/2/2024'], { dateOrder: 'DMY' }), 'DATE', ['2024-02-01']);
    expectText('12/31/2024', '31/12/2024');
    const few = readColumn([...times(150, '31/12/2024'), '12/31/2024']);
    expect([few.plan.type, few.values.at(-1)]).toEqual(['DATE', undefined]);
  });

  it('with years of two digits are text unless the type is stated', () => {
    expectText('31.12.24', '01.02.24');
    expectText('24-12-31', '24-01-02');
    const stated = readColumn(['31.12.24', '1.2.70', '01.01.68'], { explicitType: 'DATE' });
    expectRead(stated, 'DATE', ['2024-12-31', '1970-02-01', '2068-01-01']);
    const yearFirst = readColumn(['24-12-31', '99-01-02'], { explicitType: 'DATE', dateOrder: 'YMD' });
    expectRead(yearFirst, 'DATE', ['2024-12-31', '1999-01-02']);
  });

  it('are not made of times, weeks, quarters, months and days that do not exist', () => {
    expectText('10:00', '23:59');
    expectText('2024-W05', '2024-W06');
    expectText('2024-Q1', 'Q2 2024');
    expectText('2024-01', '2024-02');
    expectText('Jan 2024', 'Feb 2024');
    expectText('2023-02-29', '2024-02-30');
    expectText('2024-03-05 10:00:00 CET', '2024-03-05 10:00:00 EST');
    expectText('1.2.2024,10', 'may be', 'Sun');
  });

  it('may be those of intervals that are open', () => {
    expectRead(readColumn(['2024-01-01', '9999-12-31', '0001-01-01']), 'DATE', [
      '2024-01-01',
      '9999-12-31',
      '0001-01-01',
    ]);
  });
});
