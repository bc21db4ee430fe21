import { readFileSync } from 'node:fs';

export interface Example {
  readonly query: string;
  /** JSON text, as an editor shows it. */
  readonly variables: string;
}

/** The global ID of a rejected record of the demo. */
const rejected = (number: number): string => Buffer.from(`RejectedRecord:${number}`).toString('base64url');

/** The first of them, corrected: with a decimal point where it had a comma. */
const corrected = JSON.stringify({
  event_id: 'e-90001',
  experiment: 'checkout',
  user_id: 'c-30481',
  account_type: 'paid',
  date: '2025-09-19T14:09:41',
  event_type: 'purchase',
  order_value: 19.9,
  version: 'B',
});

/** The operations GraphiQL opens with, in the order of its tabs; each returns data of the demo. */
const examples: readonly (readonly [name: string, variables: object])[] = [
  ['revenue-by-status-and-city', {}],
  ['user-status-explained', { userId: 'u-1001', date: '2025-06-01' }],
  [
    'revenue-per-month',
    {
      range: { days: { first: '2025-01-01', last: '2025-12-31' } },
      grain: 'MONTH',
      timeZone: 'UTC',
    },
  ],
  ['city-of-address', { ip: '10.20.70.9' }],
  ['transactions-with-facts', { where: { userIds: ['u-1001'] }, first: 5 }],
  // The last record before the file of corrections.
  ['as-it-was-known', { sequence: 6133 }],
  [
    'record-late-change',
    {
      input: {
        changes: [
          { userId: 'u-1002', status: 'PAYING', effectiveAt: '2025-06-01T00:00:00Z' },
          { userId: '', status: 'CANCELLED', effectiveAt: '2025-06-01T00:00:00Z' },
        ],
      },
    },
  ],
  ['imports-and-rejects', {}],
  ['experiment-monitor', { experiment: 'checkout' }],
  ['experiment-deployment', { experiment: 'checkout' }],
  ['events-by-country-and-variant', { where: { experiments: ['checkout'] } }],
  ['monitor-live', { experiment: 'checkout', every: 'PT2S' }],
  ['users-by-country', { countries: ['DE'], date: '2025-10-01', first: 5 }],
  ['open-rejects', { target: 'EXPERIMENT_EVENTS' }],
  [
    'correct-rejects',
    {
      retry: { rejectedRecordId: rejected(1), action: { retryWith: corrected } },
      discard: { rejectedRecordId: rejected(3), reason: 'It does not name its variant.' },
    },
  ],
  ['symbols-dashboard', { symbols: ['a', 'e', 'i', 'o', 'u', 'y'], timeZone: 'UTC' }],
];

/** Reads the example operations from their files beside this one. */
export const readExamples = (): Example[] =>
  examples.map(([name, variables]) => ({
    query: readFileSync(new URL(`./examples/${name}.graphql`, import.meta.url), 'utf8'),
    variables: Object.keys(variables).length === 0 ? '' : JSON.stringify(variables, null, 2),
  }));
