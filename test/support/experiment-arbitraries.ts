import fc from 'fast-check';
import type { OpenApp } from './app.ts';
import type { ReferenceEvent, ReferenceLedger, ReferenceRevision, ReferenceUser } from './reference-experiment.ts';
import { decimalText, type ReferenceChange } from './reference-transactions.ts';

/** Records of one request, in one of the ways of the API. */
export type Batch =
  | { readonly kind: 'events'; readonly events: readonly ReferenceEvent[] }
  | { readonly kind: 'users'; readonly users: readonly ReferenceUser[] }
  | { readonly kind: 'plan'; readonly plan: ReferenceRevision }
  | { readonly kind: 'changes'; readonly changes: readonly ReferenceChange[] };

export const days = (day: number): number => Date.UTC(2025, 2, 28 + day) * 1000;

// Few users, countries and times make late users, moves, ties and crossovers frequent.
const userId = fc.integer({ min: 0, max: 24 }).map((index) => `u${index}`);
/** Times at the end of March 2025, around the start of daylight saving time in Berlin. */
export const time = fc.oneof(
  fc.integer({ min: 0, max: 4 }).map(days),
  fc.integer({ min: days(0) / 1000, max: days(5) / 1000 }).map((ms) => ms * 1000 + (ms % 1000)),
);
const variant = fc.oneof(
  { weight: 6, arbitrary: fc.constant('A') },
  { weight: 3, arbitrary: fc.constant('B') },
  { weight: 1, arbitrary: fc.constant('C') },
);
const event = fc.record({
  eventId: fc.constant(null),
  experiment: fc.option(fc.constantFrom('x', 'x', 'x', 'y'), { freq: 4 }),
  userId,
  variant,
  accountType: fc.constantFrom('free', 'pro'),
  eventType: fc.option(fc.constantFrom('view', 'order')),
  at: time,
  micros: fc.option(
    fc.oneof(
      fc.integer({ min: 0, max: 40 }).map((units) => BigInt(units) * 500_000n),
      fc.bigInt({ min: 1n, max: 99_999_999_999n }),
      // Refunds.
      fc.integer({ min: -20, max: -1 }).map((units) => BigInt(units) * 500_000n),
    ),
  ),
  batch: fc.constant(0),
});
const user = fc.record({
  userId,
  country: fc.option(fc.constantFrom('SE', 'DE', 'FR'), { freq: 6 }),
  gender: fc.option(fc.constantFrom('f', 'm')),
});
/** The time at which everything is sent. */
export const now = days(3) + 5 * 3_600_000_000;

const weight = fc.integer({ min: 1, max: 9 });
const allocation = fc.oneof(
  fc.constant([]),
  fc.tuple(weight, weight, fc.boolean()).map(([a, b, isControl]) => [
    { variant: 'B', weight: b, isControl },
    { variant: 'A', weight: a, isControl: false },
  ]),
  fc.constant(['A', 'B', 'D'].map((name, index) => ({ variant: name, weight: 1, isControl: index === 0 }))),
);
const plan = fc
  .record({
    key: fc.constantFrom('x', 'y'),
    startedAt: fc.option(time),
    endedAt: fc.option(fc.constant(days(9)), { freq: 2 }),
    allocation,
    allocationFrom: fc.option(time),
    allocationByMarket: fc.option(
      allocation.filter((own) => own.length > 0).map((own) => [{ country: 'SE', allocation: own }]),
      { nil: [] },
    ),
    markets: fc.subarray(['SE', 'DE', 'NO']),
    savedAt: fc.constant(now),
  })
  .map((saved) => ({ ...saved, markets: saved.allocationByMarket.length > 0 ? [] : saved.markets }));
const change = fc.record({ userId, at: time, status: fc.constantFrom('PAYING', 'CANCELLED', 'NON_PAYING') });

const batches: fc.Arbitrary<Batch> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(event, { minLength: 5, maxLength: 40, size: 'max' })
      .map((events) => ({ kind: 'events' as const, events })),
  },
  {
    weight: 3,
    arbitrary: fc
      .array(user, { minLength: 3, maxLength: 20, size: 'max' })
      .map((users) => ({ kind: 'users' as const, users })),
  },
  { weight: 2, arbitrary: plan.map((saved) => ({ kind: 'plan' as const, plan: saved })) },
  {
    weight: 1,
    arbitrary: fc
      .array(change, { minLength: 1, maxLength: 6 })
      .map((changes) => ({ kind: 'changes' as const, changes })),
  },
);

/** Batches in the order of recording; the first one contains events. */
export const ledgers = fc
  .tuple(
    fc.array(event, { minLength: 20, maxLength: 50, size: 'max' }),
    fc.array(batches, { minLength: 2, maxLength: 6, size: 'max' }),
  )
  .map(([events, rest]): Batch[] => [{ kind: 'events', events }, ...rest]);

export const emptyLedger: ReferenceLedger = { events: [], users: [], plans: [], changes: [] };

export const withBatch = (ledger: ReferenceLedger, batch: Batch): ReferenceLedger => {
  const next = (ledger.events.at(-1)?.batch ?? 0) + 1;
  return {
    events: [
      ...ledger.events,
      ...(batch.kind === 'events' ? batch.events.map((each) => ({ ...each, batch: next })) : []),
    ],
    users: [...ledger.users, ...(batch.kind === 'users' ? batch.users : [])],
    plans: [...ledger.plans, ...(batch.kind === 'plan' ? [batch.plan] : [])],
    changes: [...ledger.changes, ...(batch.kind === 'changes' ? batch.changes : [])],
  };
};

export const iso = (us: number): string =>
  `${new Date(Math.floor(us / 1000)).toISOString().slice(0, 19)}.${String(us % 1_000_000).padStart(6, '0')}Z`;

/** Sends a batch as clients do: events over REST, users as a file, plans and changes by mutations. */
export const send = async (app: OpenApp, batch: Batch): Promise<void> => {
  if (batch.kind === 'events') {
    const lines = batch.events.map(lineOf);
    const response = await app.get('/events?summary=1', { method: 'POST', body: lines.join('\n') });
    const counts = (await response.json()) as { created?: number };
    if (counts.created !== lines.length) throw new Error(`events were rejected: ${JSON.stringify(counts)}`);
  } else if (batch.kind === 'users') {
    const rows = batch.users.map(({ userId: user_id, country, gender }) => ({ user_id, country, gender }));
    await app.importFile('users', { name: 'user_info.json', text: JSON.stringify(rows) });
  } else if (batch.kind === 'plan') {
    const { startedAt, endedAt, allocationFrom, savedAt: _now, ...rest } = batch.plan;
    const times = Object.entries({ startedAt, endedAt, allocationFrom }).map(([name, at]) => [name, at && iso(at)]);
    const input = { ...rest, ...Object.fromEntries(times) };
    await mutate(app, 'saveExperiment', 'SaveExperimentInput', input);
  } else {
    const changes = batch.changes.map(({ userId: id, at, status }) => ({ userId: id, status, effectiveAt: iso(at) }));
    await mutate(app, 'recordStatusChanges', 'RecordStatusChangesInput', { changes });
  }
};

/** Sends an event alone: it is stored in no batch, and with what arrives at the same time. */
export const sendAlone = async (app: OpenApp, event: ReferenceEvent): Promise<void> => {
  const headers = { 'content-type': 'application/json' };
  const response = await app.get('/receive_event', { method: 'POST', headers, body: lineOf(event) });
  if (!response.ok) throw new Error(`an event was refused: ${await response.text()}`);
};

const lineOf = ({ micros, batch: _batch, ...row }: ReferenceEvent): string =>
  JSON.stringify({
    ...(row.experiment === null ? {} : { experiment: row.experiment }),
    ...{ user_id: row.userId, account_type: row.accountType, date: iso(row.at) },
    ...{ event_type: row.eventType, version: row.variant },
  }).replace(/}$/, `,"order_value":${micros === null ? 'null' : decimalText(micros)}}`);

const mutate = async (app: OpenApp, name: string, type: string, input: object): Promise<void> => {
  const { data, errors } = await app.query<Record<string, { __typename: string; message?: string }>>(
    `mutation ($input: ${type}!) { ${name}(input: $input) { __typename ... on Error { message } } }`,
    { input },
  );
  if (errors || data?.[name]?.message) throw new Error(JSON.stringify(errors ?? data));
};
