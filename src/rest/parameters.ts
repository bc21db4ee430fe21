import { z } from '@hono/zod-openapi';
import type { FieldReader } from '../lib/field-reader.ts';
import { parseImageName } from '../lib/image-name.ts';
import {
  importOptionDescriptions as descriptions,
  importOptionTexts,
  type OptionText,
} from '../lib/import-option-texts.ts';
import { preview, readRecord } from '../lib/problems.ts';
import { textIdLengthMax } from '../lib/text-id.ts';

interface Documented {
  readonly description: string;
  readonly example: string;
}

/** A parameter that is validated like the field of a file. */
export const parameter = <T>(name: string, read: (fields: FieldReader) => T, { description, example }: Documented) =>
  z
    .string()
    .transform((text, context): T => {
      const { value, problems } = readRecord({ [name]: text }, (fields) => ({ read: read(fields) }));
      if (value) return value.read;
      for (const { code, message } of problems) context.addIssue({ code: 'custom', message, params: { code } });
      return z.NEVER;
    })
    .openapi({ description, example });

export const userId = parameter('user_id', (fields) => fields.id('user_id'), {
  description: `Opaque text of 1 to ${textIdLengthMax} characters: \`0001\` is not \`1\`.`,
  example: '1',
});

export const date = parameter('date', (fields) => fields.instant('date'), {
  description:
    'The instant: RFC 3339, or a bare date for its start. Without an offset it is UTC; the `+` of an offset is written `%2B`.',
  example: '2017-10-10T10:00:00',
});

export const ip = parameter('ip', (fields) => fields.ip('ip'), {
  description: 'An IPv4 or IPv6 address, without a prefix length and without zeros in front of an octet.',
  example: '10.0.0.0',
});

export const country = parameter('country', (fields) => fields.id('country'), {
  description: 'As in the users file; `unknown` for users without a country.',
  example: 'SE',
});

export const experiment = parameter('experiment', (fields) => fields.id('experiment'), {
  description: 'Key of the experiment, `default` for events of no plan; default: the running one.',
  example: 'default',
});

export const accountType = parameter('account_type', (fields) => fields.id('account_type'), {
  description: 'Only events of this account type.',
  example: 'free',
});

export const eventType = parameter('event_type', (fields) => fields.id('event_type'), {
  description: 'Only events of this type; `unknown` for events without a type.',
  example: 'purchase',
});

export const uuid = parameter('uuid', (fields) => fields.text('uuid'), {
  description: 'The client’s id of a conversation: a UUID in upper or lower case.',
  example: '0b1f3c52-8d9e-4c11-9f4e-2f3f7f0a6d11',
});

export const symbol = parameter('symbol', (fields) => fields.text('symbol'), {
  description: 'A letter `a` to `z`, in upper or lower case.',
  example: 'e',
});

const bound = (name: string, description: string, example: string) =>
  parameter(name, (fields) => fields.instant(name), {
    description: `${description}: a date for its start, or date and time (\`T\` or a space between them) to the microsecond, UTC unless it has an offset.`,
    example,
  });

export const lower = bound('lower', 'The first instant of the range (inclusive)', '2024-01-02');
export const upper = bound('upper', 'The end of the range (exclusive)', '2024-01-03');

export const isSummary = parameter('summary', (fields) => fields.oneOf('summary', { '1': true, '0': false }), {
  description: '`1` returns one object of counts.',
  example: '1',
});

/** An optional parameter. */
const filter = <T>(name: string, read: (fields: FieldReader) => T, documented: Documented) =>
  parameter(name, read, documented).optional();

const truthWords: Readonly<Record<string, boolean>> = { true: true, false: false, '1': true, '0': false };

const truth = (name: string) =>
  filter(
    name,
    (fields) => {
      const value = truthWords[fields.text(name).toLowerCase()];
      if (value === undefined) fields.refuse(name, 'NOT_ALLOWED', `${name} must be True, False, 1 or 0`);
      return value === true;
    },
    {
      description:
        'Only users with an image, or only users without: `True`, `False`, `1` or `0`, in upper or lower case.',
      example: 'True',
    },
  );

export const isImageExists = truth('is_image_exists');
export const imageExists = truth('image_exists');

const ageMax = 1000;

const age = (name: string, description: string) =>
  filter(name, (fields) => fields.integer(name, 0, ageMax), { description, example: '30' });

export const minAge = age('min_age', 'Minimum age in completed years, inclusive.');
export const userMinAge = age('user_min_age', 'Another name of `min_age`.');
export const maxAge = age('max_age', 'Maximum age in completed years, inclusive.');
export const userMaxAge = age('user_max_age', 'Another name of `max_age`.');

export const imageName = parameter(
  'name',
  (fields) => {
    const name = parseImageName(fields.text('name'));
    if (!name) fields.refuse('name', 'MALFORMED', 'name must be 64 hex digits and .png or .jpg');
    return name ?? { sha256: '', contentType: '' };
  },
  { description: 'The SHA-256 of the bytes of the image, then `.png` or `.jpg`.', example: `${'0'.repeat(64)}.png` },
);
export const datasetName = parameter('name', (fields) => fields.id('name'), {
  description: 'A dataset’s name: letters, digits, spaces, points, dashes and underscores.',
  example: 'games',
});

const link = (name: string) =>
  parameter(name, (fields) => fields.text(name), {
    description: 'A link to a CSV file, http or https; `csv_url` is another name of `url`.',
    example: 'https://files.example/games.csv',
  });

export const linkUrl = link('url');
/** Deprecated in the sense of OpenAPI: `url` is the name to use, and examples leave this one out. */
export const csvUrl = link('csv_url').openapi({ param: { deprecated: true } });

export const mode = parameter(
  'mode',
  (fields) => fields.oneOf('mode', { replace: 'REPLACE', append: 'APPEND', upsert: 'UPSERT' } as const),
  {
    description: 'What happens to the existing rows: `replace` (default), `append` or `upsert`.',
    example: 'upsert',
  },
);

export const keyColumns = parameter('key', (fields) => fields.text('key').split(','), {
  description: 'Names of the key columns, separated by commas; required for `upsert`.',
  example: 'AppID',
});

export const isWaiting = parameter('wait', (fields) => fields.oneOf('wait', { '1': true, '0': false, true: true }), {
  description: '`1` waits for the end of the import.',
  example: '1',
});

export const keepVersions = parameter('keep_versions', (fields) => fields.integer('keep_versions', 1), {
  description:
    'How many versions of the dataset are kept from now on, the current one included; default: as before, or the setting keepVersions (10).',
  example: '5',
});

export const refreshEvery = parameter('refresh_every', (fields) => fields.text('refresh_every'), {
  description:
    'For a link: imports it again after each such duration, e.g. `15m`, `1h`, `1d` or `PT1H`, with the same options; at least the setting refreshMsMin. `never` ends that. Default: as before.',
  example: 'never',
});

export const isDryRun = parameter(
  'dry_run',
  (fields) => fields.oneOf('dry_run', { '1': true, '0': false, true: true, false: false }),
  {
    description:
      '`1` reads and judges every row and stores nothing: the response has `preview` with the columns, examples and first 100 rows as they would be stored, and `first_rejects`.',
    example: '0',
  },
);

export const importId = parameter('id', (fields) => fields.integer('id', 1), {
  description: 'The id of an import.',
  example: '7',
});

/** An optional parameter whose text `parse` reads; an empty text is a text. */
const optionText = <T>(name: string, parse: (text: string) => OptionText<T>, { description, example }: Documented) =>
  z
    .string()
    .transform((text, context): T => {
      const result = parse(text);
      if (result.expected === undefined) return result.value;
      const message = `${name} must be ${result.expected}, not ${preview(text)}`;
      context.addIssue({ code: 'custom', message, params: { code: 'NOT_ALLOWED' } });
      return z.NEVER;
    })
    .openapi({ description, example })
    .optional();

const listNote = 'Separated by commas.';

/** The parameters that say how a file is read. */
export const readOptions = {
  delimiter: optionText('delimiter', importOptionTexts.delimiter, {
    description: `${descriptions.delimiter} By its name or as the character.`,
    example: 'comma',
  }),
  encoding: optionText('encoding', importOptionTexts.encoding, {
    description: descriptions.encoding,
    example: 'utf-8',
  }),
  header_line: optionText('header_line', importOptionTexts.headerLine, {
    description: descriptions.headerLine,
    example: '1',
  }),
  decimal: optionText('decimal', importOptionTexts.decimal, { description: descriptions.decimal, example: 'point' }),
  date_order: optionText('date_order', importOptionTexts.dateOrder, {
    description: descriptions.dateOrder,
    example: 'YMD',
  }),
  null_markers: optionText('null_markers', importOptionTexts.nullMarkers, {
    description: `${descriptions.nullMarkers} ${listNote}`,
    example: 'NA,-',
  }),
  types: optionText('types', importOptionTexts.types, {
    description: `${descriptions.types} ${listNote}`,
    example: 'Price=DECIMAL,Release date=DATE',
  }),
};
