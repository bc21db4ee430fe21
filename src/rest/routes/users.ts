import { z } from '@hono/zod-openapi';
import type { Services } from '../../context.ts';
import type { UserFilter } from '../../domains/user-directory/filter.ts';
import { lineOf, userColumns, userTable } from '../../domains/user-sync/output.ts';
import { DomainError } from '../../errors.ts';
import { stringifyExact } from '../../lib/exact-json.ts';
import { imageExists, isImageExists, maxAge, minAge, userMaxAge, userMinAge } from '../parameters.ts';
import { defineRoute } from '../route.ts';

const filters = {
  is_image_exists: isImageExists,
  image_exists: imageExists,
  min_age: minAge,
  user_min_age: userMinAge,
  max_age: maxAge,
  user_max_age: userMaxAge,
};

type Filters = { readonly [Name in keyof typeof filters]?: z.output<(typeof filters)[Name]> };

/** Both names of a condition may be given as long as they say the same. */
const filterOf = (query: Filters): UserFilter => ({
  hasImage: oneOf(query, 'is_image_exists', 'image_exists'),
  ageAtLeast: oneOf(query, 'min_age', 'user_min_age'),
  ageAtMost: oneOf(query, 'max_age', 'user_max_age'),
});

const oneOf = <Name extends keyof Filters>(query: Filters, name: Name, other: Name): Filters[Name] => {
  if ((query[name] ?? query[other]) === (query[other] ?? query[name])) return query[name] ?? query[other];
  const message = `${name} and ${other} say different things`;
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: other, code: 'MALFORMED', message }] });
};

const line = z.object({
  user_id: z.string(),
  first_name: z.string().nullable(),
  last_name: z.string().nullable(),
  birthts: z.int().openapi({ description: 'Birth, milliseconds since 1970 UTC, negative before.' }),
  img_path: z.string().nullable().openapi({ description: 'Where the image is at the source; null without one.' }),
});

const example: z.infer<typeof line> = {
  user_id: '1000',
  first_name: 'Ada',
  last_name: 'King',
  birthts: 612302400000,
  img_path: 'source_data/1000.png',
};

const described = async function* (where: UserFilter, shared: Services): AsyncGenerator<string> {
  const { userDirectory, userSync } = shared;
  const prefix = userSync.prefix();
  let opening = '[';
  for await (const user of userDirectory.usersWithFiles(where)) {
    yield opening + stringifyExact(lineOf(user, prefix));
    opening = ',';
  }
  yield opening === '[' ? '[]' : ']';
};

export const data = defineRoute({
  path: '/data',
  subject: 'facts',
  summary: 'Users who have a file, by age and image',
  description:
    'In order of `user_id` by code unit. Ages are completed years in UTC on the server’s date, bounds included.',
  query: filters,
  answer: { schema: z.array(line), example: [example] },
  handle: (query, shared) => described(filterOf(query), shared),
});

const report = z.object({
  processed: z.int().openapi({ description: 'Users, each counted once: the sum of the other four.' }),
  updated: z.int().openapi({ description: 'New ones, and those whose file or image is another one.' }),
  unchanged: z.int(),
  removed: z.int().openapi({ description: 'Those whose file, or whose image, is not there any more.' }),
  rejected: z.int().openapi({ description: 'Those of whom a new file was refused; they keep what was known.' }),
  output: z.string().openapi({ description: 'The table that was written back, beside the source.' }),
});

export const synchroniseData = defineRoute({
  method: 'POST',
  path: '/data',
  subject: 'facts',
  summary: 'Synchronises user files with their folder or bucket now',
  description: 'Answers when it has ended. While one runs, a second request joins it.',
  refuses: ['SOURCE_UNREACHABLE'],
  answer: {
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
  path: '/stats',
  subject: 'facts',
  summary: 'The average age of users, by age and image',
  query: filters,
  answer: {
    schema: z.object({ average_age: z.number().nullable().openapi({ description: 'Null when nobody matches.' }) }),
    example: { average_age: 29.28 },
  },
  handle: async (query, { userDirectory }) => ({
    average_age: (await userDirectory.statistics(filterOf(query))).averageAge,
  }),
});

export const outputTable = defineRoute({
  path: '/processed_data/output.csv',
  subject: 'facts',
  summary: 'All users who have a file as CSV, as it is written back beside the source',
  description: 'RFC 4180; text that begins like a formula has an apostrophe in front.',
  answer: { schema: z.string(), example: `${userColumns.join(',')}\r\n`, type: 'text/csv' },
  handle: (_input, { userDirectory, userSync }) => userTable(userDirectory, userSync.prefix()),
});
