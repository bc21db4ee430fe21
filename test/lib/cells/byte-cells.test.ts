import fc from 'fast-check';
import { expect, it } from 'vitest';
import { byteReadings, CellReader } from '../../../src/lib/cells/cell-reader.ts';
import { ColumnSurvey } from '../../../src/lib/cells/column-survey.ts';
import type { ColumnPlan, ColumnType, FixedType } from '../../../src/lib/column.ts';
import type { ValueOptions } from '../../../src/lib/import-options.ts';

const digits = (max: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${max}}$`));
const two = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
const isoDate = fc.tuple(fc.constantFrom('2024', '0001', '0000', '1900'), two, two).map((parts) => parts.join('-'));
const clock = fc
  .tuple(two, two, two, fc.constantFrom('', '.5', '.', '.123456', '.1234567', '.0000000'))
  .map(([hour, minute, second, fraction]) => `${hour}:${minute}:${second}${fraction}`);
const goodDateTime = fc
  .tuple(
    fc.constantFrom('2024-02-29', '2023-12-31'),
    fc.constantFrom(' ', 'T', 't'),
    fc.constantFrom('10:00:00', '23:59:59.5', '00:00:00.1234567'),
    fc.constantFrom('', 'Z', 'z'),
  )
  .map((parts) => parts.join(''));

const cellOf = {
  integer: fc.tuple(fc.constantFrom('', '', '-', '+'), digits(20)).map((parts) => parts.join('')),
  small: fc.integer({ min: -1000, max: 1000 }).map(String),
  long: digits(42),
  point: fc.tuple(fc.constantFrom('', '-'), digits(6), fc.constant('.'), digits(4)).map((parts) => parts.join('')),
  comma: fc.tuple(fc.constantFrom('', '-'), digits(6), fc.constant(','), digits(4)).map((parts) => parts.join('')),
  wide: fc.tuple(digits(20), fc.constantFrom('.', ','), digits(20)).map((parts) => parts.join('')),
  exponent: fc.tuple(digits(3), fc.constantFrom('e5', 'E-3', '.5e3')).map((parts) => parts.join('')),
  date: isoDate,
  goodDate: fc.constantFrom('2024-02-29', '2023-12-31', '2023-02-29', '0001-01-01'),
  dateTime: fc
    .tuple(isoDate, fc.constantFrom(' ', 'T', 't', '_'), clock, fc.constantFrom('', 'Z', 'z', '+02:00', 'ZZ'))
    .map((parts) => parts.join('')),
  goodDateTime,
  otherDate: fc.constantFrom('31.12.2024', '12/31/2024', 'Monday, 5 May 2024', 'Jan 5, 2024', 'march 2024', '20241231'),
  boolean: fc.constantFrom('true', 'FALSE', 'True', 'fAlse', 'tru', 'falsey', '1', '0', 'yes', 't\u0000'.slice(0, 1)),
  marker: fc.constantFrom('', 'NULL', 'NA', 'n/a', '-', '--', '?', '.', 'none', 'x', 'missing value', '999', '9.5'),
  list: fc.constantFrom('["a","b"]', "['a']", '[', '[]'),
  word: fc.constantFrom(
    'alpha',
    'a longer text',
    ' blank',
    'blank ',
    '14a',
    '1.2.3',
    '$5',
    '5 %',
    '(7)',
    '_x',
    '{}',
    '@',
  ),
  text: fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)), maxLength: 12 }),
  longText: fc.constantFrom('x'.repeat(64), 'x'.repeat(65), '1'.repeat(65), `[${'x'.repeat(70)}`, ' '.repeat(70)),
};
const pools = Object.values(cellOf);
const column = fc.tuple(fc.constantFrom(...pools), fc.constantFrom(...pools)).chain(([main, other]) =>
  fc.array(fc.oneof({ weight: 5, arbitrary: main }, { weight: 1, arbitrary: other }), {
    minLength: 1,
    maxLength: 30,
  }),
);

const types: readonly ColumnType[] = [
  ...(['STRING', 'INTEGER', 'DECIMAL', 'FLOAT', 'BOOLEAN', 'DATE', 'DATE_TIME', 'STRING_LIST'] as const),
];
const fixedType: fc.Arbitrary<FixedType | null> = fc.option(
  fc.record({ type: fc.constantFrom(...types), isExplicit: fc.boolean() }),
  { freq: 2 },
);
const options: fc.Arbitrary<ValueOptions> = fc.constantFrom<ValueOptions>(
  {},
  { decimal: ',' },
  { decimal: '.' },
  { nullMarkers: ['999', 'x', 'missing value', '9.5'] },
  { nullMarkers: [] },
  { dateOrder: 'DMY' },
);

/** Reads a cell as bytes within others, where they say how it is read, or else as text; as `read` returns it. */
const readBytes = (reader: CellReader, cell: string): string | null | undefined => {
  const bytes = Buffer.from(`1${cell}1`);
  const reading = reader.readBytes(bytes, 1, bytes.length - 1);
  switch (reading) {
    case byteReadings.missing:
      return null;
    case byteReadings.asIs:
      return cell;
    case byteReadings.comma:
      return `${cell.slice(0, -reader.scale - 1)}.${cell.slice(-reader.scale)}`;
    case byteReadings.boolean:
      return cell.toLowerCase();
    case byteReadings.clock:
      return `${cell.slice(0, 10)} ${cell.slice(11, reader.clockLength)}`;
    default:
      return reader.read(cell);
  }
};

const surveyOf = (cells: readonly string[], valueOptions: ValueOptions, fixed: FixedType | null): ColumnSurvey => {
  const survey = new ColumnSurvey(valueOptions, fixed);
  for (const cell of cells) survey.add(cell);
  return survey;
};

const withSurvey = (plan: ColumnPlan, valueOptions: ValueOptions, fixed: FixedType | null) => {
  const survey = new ColumnSurvey(valueOptions, fixed);
  return { survey, reader: new CellReader(plan, survey) };
};

it('reads and surveys bytes as it does the text of a cell', () => {
  const property = fc.property(column, fc.nat(30), options, fixedType, (cells, guessed, valueOptions, fixed) => {
    const plan = surveyOf(cells.slice(0, guessed), valueOptions, fixed).plan({});
    const [byText, byBytes] = [withSurvey(plan, valueOptions, fixed), withSurvey(plan, valueOptions, fixed)];
    const texts = cells.map((cell) => byText.reader.read(cell));
    expect(cells.map((cell) => readBytes(byBytes.reader, cell))).toEqual(texts);
    expect(byBytes.survey.counts).toEqual(byText.survey.counts);
    const final = byText.survey.plan({});
    expect(byBytes.survey.plan({})).toEqual(final);
    // The second pass reads without a survey.
    const [second, secondOfBytes] = [new CellReader(final), new CellReader(final)];
    expect(cells.map((cell) => readBytes(secondOfBytes, cell))).toEqual(cells.map((cell) => second.read(cell)));
  });
  fc.assert(property, { numRuns: 3000 });
});

it('decides most cells by their bytes', () => {
  const isDecided = (cells: readonly string[], last: string): boolean => {
    const { reader } = withSurvey(surveyOf(cells, {}, null).plan({}), {}, null);
    for (const cell of cells) readBytes(reader, cell);
    const bytes = Buffer.from(last);
    return reader.readBytes(bytes, 0, bytes.length) !== byteReadings.needsText;
  };
  // A negative number shows that the column holds no versions such as 1.10.
  const columns: [string[], string][] = [
    [['12', '7'], '13'],
    [['-1.5', '12.25'], '8.75'],
    [['-1,5', '12,25'], '8,75'],
    [['2024-01-01'], '2024-12-31'],
    [['2024-01-01T10:00:00Z'], '2024-12-31 23:59:59.5'],
    [['TRUE'], 'false'],
    [['customer 1'], 'customer 2'],
    [['customer 1'], ''],
  ];
  expect(columns.filter(([cells, last]) => !isDecided(cells, last))).toEqual([]);
});
