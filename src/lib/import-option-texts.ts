import { type ColumnType, columnTypes } from './column.ts';
import {
  type DateOrder,
  type Delimiter,
  dateOrders,
  type ImportReadOptions,
  type TextEncoding,
  type TextOptions,
  textEncodings,
} from './import-options.ts';
import type { ImportReading } from './import-reading.ts';

/** What an option's text means, or what the text must be. */
export type OptionText<T> = { readonly value: T; readonly expected?: never } | { readonly expected: string };

/** The delimiters by name; their characters are accepted as well. */
const delimiterNames = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  pipe: '|',
  tilde: '~',
  caret: '^',
  unit_separator: '\x1f',
  start_of_heading: '\x01',
  colon: ':',
  space: ' ',
} as const satisfies Record<string, Delimiter>;

const found = <T>(value: T | undefined, expected: string): OptionText<T> =>
  value === undefined ? { expected } : { value };

const delimiterOf = (text: string): OptionText<Delimiter> => {
  const names: Readonly<Record<string, Delimiter>> = { ...delimiterNames, '\\t': '\t' };
  const expected = `one of ${Object.keys(delimiterNames).join(', ')}, or its character`;
  const byCharacter = Object.values(delimiterNames).find((character) => character === text);
  const name = text.toLowerCase();
  return found(byCharacter ?? (Object.hasOwn(names, name) ? names[name] : undefined), expected);
};

/** Labels as in the Encoding Standard (`utf8`, `cp1252`, `latin1`): https://encoding.spec.whatwg.org/#names-and-labels */
const encodingOf = (text: string): OptionText<TextEncoding> => {
  const expected = `one of ${textEncodings.map((name) => name.toLowerCase()).join(', ')}`;
  try {
    const name = new TextDecoder(text.trim().replaceAll('_', '-')).encoding.toUpperCase();
    return found(
      textEncodings.find((each) => each === name),
      expected,
    );
  } catch {
    return { expected };
  }
};

const headerLineOf = (text: string): OptionText<number | 'none'> => {
  if (text.toLowerCase() === 'none') return { value: 'none' };
  return found(/^[1-9]\d{0,6}$/.test(text) ? Number(text) : undefined, 'a line from 1, or none');
};

const decimalOf = (text: string): OptionText<'.' | ','> => {
  const names: Readonly<Record<string, '.' | ','>> = { '.': '.', ',': ',', point: '.', comma: ',' };
  const name = text.toLowerCase();
  return found(Object.hasOwn(names, name) ? names[name] : undefined, 'one of point, comma, or its character');
};

const dateOrderOf = (text: string): OptionText<DateOrder> =>
  found(
    dateOrders.find((order) => order === text.toUpperCase()),
    `one of ${dateOrders.join(', ')}`,
  );

/** Separated by commas; an empty text stands for no marker. */
const nullMarkersOf = (text: string): OptionText<string[]> => ({ value: text === '' ? [] : text.split(',') });

export interface ExplicitType {
  readonly column: string;
  readonly type: ColumnType;
}

/** `Price=DECIMAL,Sold on=DATE`; the name of a column may itself contain commas and equals signs. */
const typesOf = (text: string): OptionText<ExplicitType[]> => {
  const expected = `like column=type, separated by commas, a type one of ${columnTypes.join(', ')}`;
  const types: ExplicitType[] = [];
  const part = new RegExp(`(.*?)[=:](${columnTypes.join('|')})(?:,|$)`, 'gisy');
  let end = 0;
  for (const { 0: all, 1: column = '', 2: type = '' } of text.matchAll(part)) {
    types.push({ column, type: type.toUpperCase() as ColumnType });
    end += all.length;
  }
  return types.length > 0 && end === text.length ? { value: types } : { expected };
};

/** Reads the options of an import as REST and the command line write them. */
export const importOptionTexts = {
  delimiter: delimiterOf,
  encoding: encodingOf,
  headerLine: headerLineOf,
  decimal: decimalOf,
  dateOrder: dateOrderOf,
  nullMarkers: nullMarkersOf,
  types: typesOf,
} as const;

/** Explanations of the options, for every interface. */
export const importOptionDescriptions = {
  delimiter:
    'The character between the cells of a row: comma, semicolon, tab, pipe, tilde, caret, unit_separator, start_of_heading, colon or space. Default: detected.',
  encoding: 'The encoding of the file: UTF-8, UTF-16LE, UTF-16BE or Windows-1252. Default: detected.',
  headerLine:
    'The line of the header, from 1; none for a file without a header, whose columns are then column1, column2, … Default: detected.',
  decimal: 'The decimal sign, point or comma; the other one then groups thousands. Default: found from each column.',
  dateOrder:
    'The order of year, month and day in dates written in digits: YMD, DMY or MDY. Default: found from each column.',
  nullMarkers:
    'Texts that stand for a missing value, instead of NA, N/A, NULL, None, \\N and -. An empty cell is always missing.',
  types: 'Types of columns that are not inferred.',
} as const satisfies Record<keyof ImportReadOptions | 'types', string>;

const textOptionNames = ['delimiter', 'encoding', 'headerLine'] as const;
const valueOptionNames = ['decimal', 'dateOrder', 'nullMarkers'] as const;
const readOptionNames = [...textOptionNames, ...valueOptionNames] as const;

/** Only the options of how a file is read, without those that are null or undefined, in a fixed order. */
export const readOptionsOf = (
  options: {
    readonly [Name in keyof ImportReadOptions]: ImportReadOptions[Name] | null;
  },
): ImportReadOptions =>
  Object.fromEntries(readOptionNames.flatMap((name) => (options[name] == null ? [] : [[name, options[name]]])));

/** Those of the options that say how the text of a file is split, without those that are undefined. */
export const textOptionsOf = (options: TextOptions): TextOptions =>
  Object.fromEntries(textOptionNames.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]]])));

/** Those of the options that say how values are read, and the words of the file, without those that are undefined. */
export const valueOptionsOf = (options: ImportReading['options']): ImportReading['options'] =>
  Object.fromEntries(
    [...valueOptionNames, 'synonyms' as const].flatMap((name) =>
      options[name] === undefined ? [] : [[name, options[name]]],
    ),
  );
