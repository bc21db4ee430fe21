import { expect } from 'vitest';
import {
  excludedUsers,
  experimentEvents,
  imports,
  ipRanges,
  rejectedRecords,
  statusChanges,
  transactions,
  userProfiles,
} from '../../db/tables/index.ts';
import type { GraphqlResult, OpenApp } from './app.ts';

interface Rejected {
  readonly id: string;
  readonly state: string;
  readonly settledAt: string | null;
  readonly settlement: string | null;
  readonly settledSequence: number | null;
  readonly import: Readonly<Record<string, unknown>> | null;
}

interface Outcome {
  readonly __typename: string;
  readonly rejectedRecord?: Rejected;
  readonly code?: string;
  readonly message?: string;
  readonly problems?: readonly { readonly path: string; readonly code: string }[];
}

const fields = `id state settledAt settlement settledSequence
  import { state read accepted unchanged conflicts rejected }`;
/** What to ask of the outcome of either mutation. */
export const outcome = `__typename
  ... on ResolveRejectedRecordPayload { rejectedRecord { ${fields} } }
  ... on Error { code message }
  ... on ValidationError { problems { path code } } ... on ConflictError { problems { path code } }`;

export const settle = async (opened: OpenApp, rejectedRecordId: string, action: object): Promise<Outcome> => {
  const document = `mutation ($input: ResolveRejectedRecordInput!) { resolveRejectedRecord(input: $input) { ${outcome} } }`;
  const answer: GraphqlResult<{ resolveRejectedRecord: Outcome }> = await opened.query(document, {
    input: { rejectedRecordId, action },
  });
  expect(answer.errors).toBeUndefined();
  return answer.data?.resolveRejectedRecord as Outcome;
};

export const retry = (opened: OpenApp, id: string, record: unknown) =>
  settle(opened, id, { retryWith: typeof record === 'string' ? record : JSON.stringify(record) });

export const rejectsOf = async (opened: OpenApp, args = 'first: 1000'): Promise<Rejected[]> => {
  const { data } = await opened.query<{ rejectedRecords: { nodes: Rejected[] } }>(
    `{ rejectedRecords(${args}) { nodes { ${fields} } } }`,
  );
  return data?.rejectedRecords.nodes ?? [];
};

/** Everything a refusal must leave as it is. */
export const stored = ({ app }: OpenApp) => ({
  rejects: app.store.page(rejectedRecords, { key: 'id', direction: 'asc', limit: 1000 }),
  imports: app.store.page(imports, { key: 'id', direction: 'asc', limit: 1000 }),
  sequence: app.ledger.snapshot().sequence,
});

export const event = {
  user_id: 'u',
  account_type: 'free',
  date: '2020-01-01',
  event_type: null,
  order_value: 1,
  version: 'a',
};

/** A file of each kind with a valid and an invalid record, the correction, and the settlement and row it leads to. */
export const kinds = {
  'user-status': {
    table: statusChanges,
    text: 'user_id,created_at,status\na,2020-01-01,paying\nb,never,paying',
    corrected: { user_id: 'b', created_at: '2020-02-01', status: 'paying' },
    settlement: { user_id: 'b', created_at: '2020-02-01T00:00:00Z', status: 'paying' },
    row: { userId: 'b', status: 'paying' },
  },
  transactions: {
    table: transactions,
    text: 'click_id,created_at,product_id,product_price,user_id\n1,2020-01-01,p,1,u\n2,2020-01-01,p,a lot,u',
    corrected:
      '{"click_id": 12345678901234567890, "created_at": "2020-01-01", "product_id": "p", "product_price": 0.10, "user_id": "u"}',
    settlement: {
      click_id: '12345678901234567890',
      created_at: '2020-01-01T00:00:00Z',
      product_id: 'p',
      product_price: '0.1',
      user_id: 'u',
      ip: null,
    },
    row: { transactionId: '12345678901234567890', amount: '0.1' },
  },
  users: {
    table: userProfiles,
    text: `[{"user_id": "a", "country": "SE", "gender": "f"},\n{"country": "NO"}]`,
    corrected: { user_id: 'b', country: 'NO' },
    settlement: { user_id: 'b', country: 'NO', gender: null },
    row: { userId: 'b', country: 'NO', gender: null },
  },
  events: {
    table: experimentEvents,
    text: `${JSON.stringify(event)}\n${JSON.stringify({ ...event, order_value: 'a lot' })}`,
    corrected: { ...event, order_value: 2.5 },
    settlement: { ...event, date: '2020-01-01T00:00:00Z', order_value: '2.5' },
    row: { userId: 'u', variant: 'a', eventId: null },
  },
  'excluded-users': {
    table: excludedUsers,
    text: 'user_id,from,to,reason\na,,,bot\nb,2020-02-01,2020-01-01,bot',
    corrected: { user_id: 'b', from: '2020-01-01', to: '2020-02-01', reason: 'bot' },
    settlement: { user_id: 'b', from: '2020-01-01T00:00:00Z', to: '2020-02-01T00:00:00Z', reason: 'bot' },
    row: { userId: 'b', kind: 'EXCLUDED', reason: 'bot' },
  },
  'ip-ranges': {
    table: ipRanges,
    text: 'start,end,city\n10.0.0.0,10.0.0.9,Oslo\n10.0.1.9,10.0.1.0,Bergen',
    corrected: { start: '10.0.1.0', end: '10.0.1.9', city: 'Bergen' },
    settlement: { start: '10.0.1.0', end: '10.0.1.9', city: 'Bergen' },
    row: { city: 'Bergen' },
  },
} as const;
