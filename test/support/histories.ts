import fc from 'fast-check';
import type { OpenApp } from './app.ts';

/** One write of a random history: what is written, of which user, and a number that its other values depend on. */
export interface HistoryWrite {
  readonly kind: keyof typeof writers;
  readonly user: number;
  readonly value: number;
}

const instantOf = (value: number): string => `2025-0${1 + (value % 9)}-0${1 + (value % 7)}T0${value % 10}:00:00Z`;
const userOf = (user: number): string => `u${user}`;

const mutate = async (app: OpenApp, field: string, type: string, input: object): Promise<void> => {
  const document = `mutation ($input: ${type}!) { ${field}(input: $input) { __typename } }`;
  const { errors } = await app.query(document, { input });
  if (errors) throw new Error(JSON.stringify(errors));
};

const importText = async (app: OpenApp, target: string, file: { readonly name: string; readonly text: string }) => {
  const { state, failureMessage } = await app.importFile(target, file);
  if (state !== 'SUCCEEDED') throw new Error(`import of ${target}: ${failureMessage}`);
};

const csv = (lines: readonly string[]): string => `${lines.join('\n')}\n`;

/** How each kind of record is written, through the front door. Times are in any order: late, early and in the future. */
const writers = {
  purchase: (app: OpenApp, user: number, value: number) =>
    mutate(app, 'recordTransactions', 'RecordTransactionsInput', {
      transactions: [
        {
          ...{ transactionId: `${user}-${value}`, userId: userOf(user), productId: `p${value % 3}` },
          ...{ occurredAt: instantOf(value), amount: `${value}.25`, ip: `10.0.${value % 3}.1` },
        },
      ],
    }),
  event: (app: OpenApp, user: number, value: number) =>
    mutate(app, 'recordEvents', 'RecordEventsInput', {
      ...(value % 4 === 0 ? { experiment: 'named' } : {}),
      events: [
        {
          ...{ eventId: `${user}-${value}`, userId: userOf(user), accountType: value % 2 ? 'free' : 'pro' },
          ...{ occurredAt: instantOf(value), eventType: 'order', amount: `${value}`, variant: 'AB'[value % 2] },
        },
      ],
    }),
  status: (app: OpenApp, user: number, value: number) =>
    mutate(app, 'recordStatusChanges', 'RecordStatusChangesInput', {
      changes: [
        {
          ...{ userId: userOf(user), effectiveAt: instantOf(value) },
          status: ['PAYING', 'CANCELLED', 'NON_PAYING'][value % 3],
        },
      ],
    }),
  exclusion: (app: OpenApp, user: number, value: number) =>
    value % 3 === 0
      ? mutate(app, 'includeUsers', 'IncludeUsersInput', { userIds: [userOf(user)] })
      : mutate(app, 'excludeUsers', 'ExcludeUsersInput', { userIds: [userOf(user)], reason: `r${value % 2}` }),
  plan: (app: OpenApp, user: number, value: number) =>
    mutate(app, 'saveExperiment', 'SaveExperimentInput', {
      ...{ key: user % 2 ? 'named' : 'other', name: `plan ${value}`, startedAt: instantOf(value % 5) },
      allocation: [
        { variant: 'A', weight: 1 + (value % 3), isControl: true },
        { variant: 'B', weight: 1 },
      ],
      markets: value % 2 ? ['SE'] : [],
    }),
  conversation: (app: OpenApp, user: number, value: number) => {
    const uuid = `00000000-0000-4000-8000-00000000000${user}`;
    return value % 2
      ? mutate(app, 'followUpConversation', 'FollowUpConversationInput', { uuid })
      : mutate(app, 'startConversation', 'StartConversationInput', { uuid, symbol: 'ae'[value % 2] });
  },
  async usersFile(app: OpenApp, user: number, value: number) {
    const country = ['SE', 'NO', 'DK'][value % 3];
    const text = csv(['user_id,country,gender', `${userOf(user)},${country},${value % 2 ? 'f' : 'm'}`]);
    await importText(app, 'users', { name: 'users.csv', text });
  },
  async ipTable(app: OpenApp, _user: number, value: number) {
    const text = csv(['cidr,city', `10.0.${value % 3}.0/24,city-${value % 3}`, '10.0.0.0/8,base']);
    await importText(app, 'ip-ranges', { name: 'ranges.csv', text });
  },
  async eventsFile(app: OpenApp, user: number, value: number) {
    const rows = [0, 1, 2].map((index) =>
      JSON.stringify({
        ...{
          event_id: `f${user}-${value}-${index}`,
          user_id: userOf(user + index),
          account_type: 'free',
          event_type: 'view',
        },
        ...{ order_value: null, date: instantOf(value + 3 * index), version: 'BA'[value % 2] },
      }),
    );
    await importText(app, 'events', { name: 'events.jsonl', text: csv(rows) });
  },
} as const;

const kinds = Object.keys(writers) as (keyof typeof writers)[];

/** Any write, conflicts and repeats included. */
export const anyWrite: fc.Arbitrary<HistoryWrite> = fc.record({
  kind: fc.constantFrom(...kinds),
  user: fc.nat({ max: 3 }),
  value: fc.nat({ max: 30 }),
});

export const writeHistory = async (app: OpenApp, writes: readonly HistoryWrite[]): Promise<void> => {
  for (const { kind, user, value } of writes) await writers[kind](app, user, value);
};

/** What is asked of a snapshot: an operation of GraphQL with the variable `asOf`, or a path with `SEQUENCE` in it. */
export interface SnapshotQuestion {
  readonly document?: string;
  readonly path?: string;
}

/** The answer as text, with its status for a path. */
export const answerAt = async (app: OpenApp, question: SnapshotQuestion, sequence: number): Promise<string> => {
  if (question.document !== undefined)
    return JSON.stringify(await app.query(`query ($asOf: AsOfInput) ${question.document}`, { asOf: { sequence } }));
  const response = await app.get((question.path ?? '').replaceAll('SEQUENCE', String(sequence)));
  return `${response.status} ${await response.text()}`;
};

/** The sequence number of the newest snapshot. */
export const newestSequence = async (app: OpenApp): Promise<number> => {
  const { data } = await app.query<{ list: { snapshot: { sequence: number } } }>(
    '{ list: enrichedAggregate(groupBy: []) { snapshot { sequence } } }',
  );
  return Number(data?.list.snapshot.sequence);
};
