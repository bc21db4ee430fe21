import type { ChangeReport } from '../../src/domains/changes/changes.ts';
import type { ChangeKind } from '../../src/domains/changes/kinds.ts';
import { builder } from '../builder.ts';
import { everyArg, everyMsOf } from '../live.ts';

const values = {
  TRANSACTIONS: { description: 'Transactions.' },
  EVENTS: { description: 'Events of experiments, their repeats included.' },
  STATUS_CHANGES: { description: 'Status changes of users.' },
  USERS: { description: 'Users with their attributes and images.' },
  IP_RANGES: { description: 'The table of IP ranges and their cities.' },
  CONVERSATIONS: { description: 'Conversations and their follow-ups.' },
  EXPERIMENTS: { description: 'Plans of experiments.' },
  EXCLUDED_USERS: { description: 'Users who are excluded from experiments.' },
  IMPORTS: { description: 'Imports: their states and counts.' },
  REJECTED_RECORDS: { description: 'Rejected records, and what became of them.' },
  DATASETS: { description: 'Datasets with their versions and refreshes.' },
  ALERTS: { description: 'Alerts, what they report, and deliveries.' },
  USER_SYNC: { description: 'Synchronizations of user files: their beginnings and ends.' },
  API_KEYS: { description: 'API keys.' },
  DOCUMENTS: { description: 'Trusted documents.' },
} as const satisfies Readonly<Record<ChangeKind, object>>;

export const ChangeKindEnum = builder.enumType('ChangeKind', { description: 'A kind of data that changes.', values });

const ChangesType = builder.objectRef<ChangeReport>('Changes').implement({
  description: 'What has changed since the previous result.',
  fields: (t) => ({
    sequence: t.field({
      type: 'BigInt',
      description: 'The newest sequence number of the ledger; 0 while it is empty.',
      resolve: ({ snapshot }) => snapshot.sequence,
    }),
    at: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When that record was stored; null while the ledger is empty.',
      resolve: ({ snapshot }) => snapshot.atUs,
    }),
    kinds: t.field({
      type: [ChangeKindEnum],
      description: 'The kinds that have changed, each once; all kinds in the first result.',
      resolve: ({ kinds }) => kinds,
    }),
  }),
});

builder.subscriptionField('changes', (t) =>
  t.field({
    extensions: { scopes: ['read', 'ingest'] },
    type: ChangesType,
    description:
      'Which kinds of data have changed, at most once per `every` and only after changes, so that one connection tells a client what to query again. The first result is sent immediately. After a commit of another process all kinds from IMPORTS on count as changed.',
    args: everyArg('PT1S'),
    subscribe: (_root, { every }, context) => context.changes.follow(everyMsOf(context, every)),
    resolve: (report) => report,
  }),
);
