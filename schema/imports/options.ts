import { Kind } from 'graphql';
import { importOptionDescriptions as descriptions } from '../../src/lib/import-option-texts.ts';
import type {
  DateOrder,
  Delimiter,
  FileDialect,
  ImportReadOptions,
  TextEncoding,
} from '../../src/lib/import-options.ts';
import { preview } from '../../src/lib/problems.ts';
import { builder } from '../builder.ts';
import { ImportType } from './imports.ts';

const DelimiterEnum = builder.enumType('Delimiter', {
  description: 'The character between the cells of a row.',
  values: {
    COMMA: { value: ',', description: '`,`' },
    SEMICOLON: { value: ';', description: '`;`' },
    TAB: { value: '\t', description: 'A tab.' },
    PIPE: { value: '|', description: '`|`' },
    TILDE: { value: '~', description: '`~`' },
    CARET: { value: '^', description: '`^`' },
    UNIT_SEPARATOR: { value: '\x1f', description: 'The control character U+001F.' },
    START_OF_HEADING: { value: '\x01', description: 'The control character U+0001, which Hive writes.' },
    COLON: { value: ':', description: '`:`' },
    SPACE: { value: ' ', description: 'A space.' },
  } as const satisfies Record<string, { value: Delimiter; description: string }>,
});

const TextEncodingEnum = builder.enumType('TextEncoding', {
  description: 'The encoding of a text file.',
  values: {
    UTF_8: { value: 'UTF-8', description: 'UTF-8, with or without a byte order mark.' },
    UTF_16LE: { value: 'UTF-16LE', description: 'UTF-16, little-endian.' },
    UTF_16BE: { value: 'UTF-16BE', description: 'UTF-16, big-endian.' },
    WINDOWS_1252: { value: 'WINDOWS-1252', description: 'Windows-1252, which includes ISO 8859-1.' },
  } as const satisfies Record<string, { value: TextEncoding; description: string }>,
});

const DateOrderEnum = builder.enumType('DateOrder', {
  description: 'The order of year, month and day in dates that are written in digits.',
  values: {
    YMD: { description: '`2024-12-31`' },
    DMY: { description: '`31.12.2024`' },
    MDY: { description: '`12/31/2024`' },
  } as const satisfies Record<DateOrder, { description: string }>,
});

const DecimalSign = builder.enumType('DecimalSign', {
  description: 'The sign before the decimals of a number.',
  values: {
    POINT: { value: '.', description: '`1,234.5`' },
    COMMA: { value: ',', description: '`1.234,5`' },
  } as const,
});

const parseHeaderLine = (value: unknown): number | 'none' => {
  if (typeof value === 'string' && value.toLowerCase() === 'none') return 'none';
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value < 1e7) return value;
  throw new TypeError(`must be a line from 1, or NONE, not ${preview(value)}`);
};

builder.scalarType('HeaderLine', {
  description: 'The line of a header, a whole number from 1, or `NONE` (in variables `"NONE"`).',
  serialize: (value) => value,
  parseValue: parseHeaderLine,
  parseLiteral: (node) =>
    parseHeaderLine(
      node.kind === Kind.INT
        ? Number(node.value)
        : node.kind === Kind.ENUM || node.kind === Kind.STRING
          ? node.value
          : null,
    ),
});

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** The input fields that say how a file is read. */
export const readOptionArgs = (t: InputFields) => ({
  delimiter: t.field({ type: DelimiterEnum, description: descriptions.delimiter }),
  encoding: t.field({ type: TextEncodingEnum, description: descriptions.encoding }),
  headerLine: t.field({ type: 'HeaderLine', description: descriptions.headerLine }),
  decimal: t.field({ type: DecimalSign, description: descriptions.decimal }),
  dateOrder: t.field({ type: DateOrderEnum, description: descriptions.dateOrder }),
  nullMarkers: t.stringList({ description: descriptions.nullMarkers }),
});

/** The input fields of `readOptionArgs`. */
export type ReadOptionInput = { readonly [Name in keyof ImportReadOptions]: ImportReadOptions[Name] | null };

const FileDialectType = builder.objectRef<FileDialect>('FileDialect').implement({
  description: 'How a CSV file was read: as its import says, or as detected.',
  fields: (t) => ({
    encoding: t.field({ type: TextEncodingEnum, description: 'Its encoding.', resolve: ({ encoding }) => encoding }),
    delimiter: t.field({
      type: DelimiterEnum,
      description: 'The character between its cells.',
      resolve: ({ delimiter }) => delimiter,
    }),
    quote: t.exposeString('quote', {
      nullable: true,
      description: 'The character around quoted cells; null when there is none.',
    }),
    headerLine: t.exposeInt('headerLine', {
      nullable: true,
      description: 'The line of its header, from 1; null when it has none and the columns are `column1`, `column2`, …',
    }),
    skippedLines: t.exposeInt('skippedLines', {
      description: 'Lines before the header that are not part of the table: titles, comments, `sep=`.',
    }),
    warnings: t.stringList({
      description: 'What a person should check, such as that only one column was found.',
      resolve: ({ warnings }) => [...warnings],
    }),
  }),
});

builder.objectField(ImportType, 'dialect', (t) =>
  t.field({
    type: FileDialectType,
    nullable: true,
    description: 'How the CSV file was read; null before it is known, and for other formats.',
    resolve: ({ dialect }) => dialect,
  }),
);
