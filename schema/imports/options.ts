import type { Delimiter, FileDialect, TextEncoding } from '../../src/lib/import-options.ts';
import { builder } from '../builder.ts';
import { ImportType } from './imports.ts';

const DelimiterEnum = builder.enumType('Delimiter', {
  description: 'The character between the cells of a row.',
  values: {
    COMMA: { value: ',', description: '`,`' },
    SEMICOLON: { value: ';', description: '`;`' },
    TAB: { value: '\t', description: 'A tab.' },
    PIPE: { value: '|', description: '`|`' },
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
