import { z } from '@hono/zod-openapi';
import type { UserFilter } from '../../domains/user-directory/filter.ts';
import type { UserWithFile } from '../../domains/user-directory/user-directory.ts';
import { lineOf, userColumns, userTable } from '../../domains/user-sync/output.ts';
import { DomainError } from '../../errors.ts';
import { stringifyExact } from '../../lib/exact-json.ts';
import { formatInstant } from '../../lib/time.ts';
import { asOfOf, snapshotParameters } from '../as-of.ts';
import { imageExists, isImageExists, maxAge, minAge, userMaxAge, userMinAge } from '../parameters.ts';
import { defineRoute } from '../route.ts';

const filters = {
  ...snapshotParameters,
  is_image_exists: isImageExists,
  image_exists: imageExists,
  min_age: minAge,
  user_min_age: userMinAge,
  max_age: maxAge,
  user_max_age: userMaxAge,
};

type Filters = { readonly [Name in keyof typeof filters]?: z.output<(typeof filters)[Name]> };

/** A request may contain both names of a parameter if their values are equal. */
const filterOf = (query: Filters): UserFilter => ({
  hasImage: oneOf(query, 'is_image_exists', 'image_exists'),
  ageAtLeast: oneOf(query, 'min_age', 'user_min_age'),
  ageAtMost: oneOf(query, 'max_age', 'user_max_age'),
});

type Alias = Exclude<keyof Filters, keyof typeof snapshotParameters>;

const oneOf = <Name extends Alias>(query: Filters, name: Name, other: Name): Filters[Name] => {
  if ((query[name] ?? query[other]) === (query[other] ?? query[name])) return query[name] ?? query[other];
  const message = `${name} and ${other} have different values`;
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: other, code: 'MALFORMED', message }] });
};

const line = z.object({
  user_id: z.string(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  birthts: z
    .int()
    .openapi({ description: 'Time of birth in milliseconds since 1970 UTC; negative for earlier times.' }),
  img_path: z.string().nullable().openapi({ description: 'Path of the image in the source; null without an image.' }),
});

const example: z.infer<typeof line> = {
  user_id: '1000',
  first_name: 'Ada',
  last_name: 'King',
  birthts: 612302400000,
  img_path: 'source_data/1000.png',
};

const userLines = async function* (users: AsyncIterable<UserWithFile>, prefix: string): AsyncGenerator<string> {
  let opening = '[';
  for await (const user of users) {
    yield opening + stringifyExact(lineOf(user, prefix));
    opening = ',';
  }
  yield opening === '[' ? '[]' : ']';
};

export const data = defineRoute({
  operationId: 'listUsers',
  tag: 'Users',
  path: '/data',
  // Without an ETag: the list is sent while it is read, and a client would keep one that ended with an error.
  subject: 'facts',
  summary: 'Users who have a file, by age and image',
  description:
    'Ordered by `user_id`, by code unit. Ages are completed years in UTC on the server’s date, of an earlier snapshot on its own; bounds are inclusive.',
  query: filters,
  response: { schema: z.array(line), example: [example] },
  handle: (query, { userDirectory, userSync }, { work }) =>
    userLines(userDirectory.usersWithFiles(filterOf(query), asOfOf(query), work), userSync.prefix()),
});

const report = z.object({
  processed: z.int().openapi({ description: 'Number of users, each counted once: the sum of the other four counts.' }),
  updated: z.int().openapi({ description: 'Number of new users and of users whose file or image has changed.' }),
  unchanged: z.int(),
  removed: z.int().openapi({ description: 'Number of users whose file or image no longer exists.' }),
  rejected: z.int().openapi({ description: 'Number of users whose new file was rejected; their previous data stays.' }),
  output: z.string().openapi({ description: 'The table that was written next to the source.' }),
});

export const synchronizeData = defineRoute({
  operationId: 'synchronizeUsers',
  tag: 'Users',
  method: 'POST',
  path: '/data',
  subject: 'facts',
  summary: 'Synchronizes user files with their folder or bucket now',
  description:
    'Responds when the synchronization has ended. A request during a running synchronization waits for that one.',
  errorCodes: ['SOURCE_UNREACHABLE'],
  response: {
    schema: report,
    example: {
      processed: 100,
      updated: 100,
      unchanged: 0,
      removed: 0,
      rejected: 0,
      output: 'processed_data/output.csv',
    },
  },
  async handle(_input, { userSync }): Promise<z.infer<typeof report>> {
    const { done } = await userSync.run();
    const { processed, updated, unchanged, removed, rejected, output } = await done;
    return { processed, updated, unchanged, removed, rejected, output };
  },
});

export const stats = defineRoute({
  operationId: 'getUserStatistics',
  tag: 'Users',
  path: '/stats',
  subject: 'facts',
  // Ages change with the day.
  basis: ({ ledger, nowUs }) => ({ state: ledger.snapshot(), parts: [formatInstant(nowUs()).slice(0, 10)] }),
  summary: 'The average age of users, by age and image',
  query: filters,
  response: {
    schema: z.object({ average_age: z.number().nullable().openapi({ description: 'Null when no user matches.' }) }),
    example: { average_age: 29.28 },
  },
  handle: async (query, { userDirectory }, { work }) => ({
    average_age: (await userDirectory.statistics(filterOf(query), asOfOf(query), work)).averageAge,
  }),
});

export const outputTable = defineRoute({
  operationId: 'getUserTable',
  tag: 'Users',
  path: '/processed_data/output.csv',
  subject: 'facts',
  summary: 'All users who have a file, as the CSV file that is written next to the source',
  description: 'RFC 4180; text that begins like a formula is prefixed with an apostrophe.',
  response: { schema: z.string(), example: `${userColumns.join(',')}\r\n`, type: 'text/csv' },
  handle: (_input, { userDirectory, userSync }, { work }) => userTable(userDirectory, userSync.prefix(), work),
});
