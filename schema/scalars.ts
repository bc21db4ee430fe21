import { Kind } from 'graphql';
import { GraphQLISO8601Duration, GraphQLLocalDate } from 'graphql-scalars';
import { formatDecimal, formatMicros, parseAmount } from '../src/lib/decimal.ts';
import { ExactNumber, numberText } from '../src/lib/exact-json.ts';
import { formatIp, parseIp } from '../src/lib/ip.ts';
import { parseLetter } from '../src/lib/letter.ts';
import { isTimeZone } from '../src/lib/periods.ts';
import { preview } from '../src/lib/problems.ts';
import { formatInstant, parseInstant } from '../src/lib/time.ts';
import { parseUuid } from '../src/lib/uuid.ts';
import { builder } from './builder.ts';

/** Parses text; refuses other values and text that cannot be parsed, and names the expected form. */
const textParser =
  <T>(expected: string, read: (text: string) => T | null) =>
  (value: unknown): T => {
    const parsed = typeof value === 'string' ? read(value) : null;
    if (parsed === null) throw new TypeError(`must be ${expected}, not ${preview(value)}`);
    return parsed;
  };

builder.scalarType('DateTime', {
  description:
    'A point on the time line, RFC 3339. Output is UTC with `Z` and keeps microseconds. On input a value without an offset (`2017-10-10T10:00:00`) is UTC, and a bare date means the start of that day. A space for the `T`, the zones `UTC`, `GMT`, `+0100` and `+01`, and a comma before the fraction are accepted too; a fraction is cut off after microseconds. From 1685-01-01 to 2254-12-31.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => formatInstant(value),
  parseValue: textParser('a date and time like 2017-10-10T10:00:00Z', parseInstant),
});

builder.addScalarType('LocalDate', GraphQLLocalDate);

builder.scalarType('IP', {
  description:
    'An IPv4 or IPv6 address. Read strictly (no CIDR suffix, no zero-padded octets), returned in canonical form (RFC 5952); an IPv4-mapped IPv6 address is the IPv4 address.',
  serialize: (value) => formatIp(value),
  parseValue: textParser('an IPv4 or IPv6 address', parseIp),
});

builder.scalarType('Cidr', {
  description: 'A CIDR block, IPv4 or IPv6, e.g. `10.12.0.0/16`.',
  serialize: (value) => value,
});

builder.scalarType('Decimal', {
  description:
    'An exact decimal, sent as a string so that no client rounds it, e.g. `"220.5"`. Input: at most 15 digits, 6 of them after the point; sums may be longer. The noise of adding doubles beyond these digits is removed: `434.99999999999994` is 435.',
  serialize: (value) => (typeof value === 'bigint' ? formatMicros(value) : formatDecimal(value)),
  parseValue: (value) => {
    const text = typeof value === 'string' ? value : numberText(value);
    const parsed = text === null ? null : parseAmount(text);
    if (parsed) return parsed;
    throw new TypeError(`must be a decimal of at most 15 digits, 6 of them after the point, not ${preview(value)}`);
  },
});

builder.scalarType('BigInt', {
  description: 'A whole number that may exceed 32 bits, up to 2^53 - 1; a JSON number.',
  serialize: (value) => value,
  parseValue: (value) => {
    const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
    if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
    throw new TypeError(`must be a whole number up to 2^53 - 1, not ${preview(value)}`);
  },
});

builder.scalarType('TimeZone', {
  description: 'An IANA time zone name, e.g. `Europe/Berlin`.',
  serialize: (value) => value,
  parseValue: textParser('an IANA time zone like Europe/Berlin', (text) => (isTimeZone(text) ? text : null)),
});

builder.addScalarType('Duration', GraphQLISO8601Duration);

builder.scalarType('URL', {
  description: 'An absolute URL.',
  specifiedByURL: 'https://url.spec.whatwg.org/',
  serialize: (value) => value,
  parseValue: textParser('an absolute URL', (text) => (URL.canParse(text) ? text : null)),
});

builder.scalarType('UUID', {
  description: 'A UUID (RFC 9562, versions 1 to 8), returned in lower case.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc9562',
  serialize: (value) => value,
  parseValue: textParser('a UUID', parseUuid),
});

builder.scalarType('Letter', {
  description: 'One letter `a` to `z`, returned in lower case.',
  serialize: (value) => value,
  parseValue: textParser('a letter a to z', parseLetter),
});

builder.scalarType('CellValue', {
  description:
    'The content of a cell: text, number, boolean, or a list of texts. Exact decimals, and whole numbers beyond 2^53, are text; dates are ISO text. On input text, number or boolean, read by the column’s type: dates in any form that a file may write them in.',
  serialize: (value) => value,
  parseValue: (value) => {
    if (typeof value === 'string' && value.isWellFormed()) return value;
    if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
    const digits = value instanceof ExactNumber ? numberText(value) : null;
    if (digits !== null) return digits;
    throw new TypeError(`must be text, a number or a boolean, not ${preview(value)}`);
  },
  // As it is written: a double would round long ones.
  parseLiteral: (node) => {
    if (node.kind === Kind.INT || node.kind === Kind.FLOAT || node.kind === Kind.STRING) return node.value;
    if (node.kind === Kind.BOOLEAN) return node.value;
    throw new TypeError('must be text, a number or a boolean');
  },
});

builder.scalarType('File', {
  description: 'A file part of a multipart request (GraphQL multipart request specification).',
  serialize: () => {
    throw new Error('files are input only');
  },
  parseValue: (value) => {
    if (value instanceof File) return value;
    throw new TypeError('must be a file part of a multipart request');
  },
});
