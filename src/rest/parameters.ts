import { z } from '@hono/zod-openapi';
import { type Fields, readRecord } from '../lib/problems.ts';
import { textIdLengthMax } from '../lib/text-id.ts';

interface Documented {
  readonly description: string;
  readonly example: string;
}

/** A parameter that is read by the same rule as the field of a file. */
const parameter = <T>(name: string, read: (fields: Fields) => T, { description, example }: Documented) =>
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
    'The moment asked about: RFC 3339, or a bare date for its start. Without an offset it is UTC; the `+` of an offset is written `%2B`.',
  example: '2017-10-10T10:00:00',
});

export const ip = parameter('ip', (fields) => fields.ip('ip'), {
  description: 'An IPv4 or IPv6 address, without a prefix length and without zeros in front of an octet.',
  example: '10.0.0.0',
});
