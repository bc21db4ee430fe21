import type { Context } from '../context.ts';
import type { FixedObjects } from './execution/fixed-texts.ts';

/** The types whose objects are stored records, which are kept in memory and found again by identity. */
const recordTypes: ReadonlySet<string> = new Set(['Transaction', 'ExperimentEvent']);

/**
 * Fields that depend on nothing but their object, their arguments and the sequence number of the ledger: not on the clock,
 * the caller, or what is not in the ledger, such as the progress of imports.
 */
export const fixedFields: Readonly<Record<string, ReadonlySet<string>>> = {
  Transaction: new Set([
    ...['id', 'transactionId', 'userId', 'occurredAt', 'receivedAt', 'amount', 'productId', 'ip', 'enrichment'],
  ]),
  ExperimentEvent: new Set(['id', 'eventId', 'userId', 'occurredAt', 'receivedAt', 'amount', 'enrichment']),
  Enrichment: new Set(['userStatus', 'ipCity', 'country', 'gender', 'age', 'hasImage']),
  UserStatusAsOf: new Set(['userId', 'status', 'validFrom', 'validTo']),
  IpCity: new Set(['ip', 'city', 'kind', 'range']),
  IpRange: new Set(['id', 'city', 'first', 'last', 'cidrs']),
};

const seqOf = (record: unknown): number => (record as { readonly seq: number }).seq;

/** Records and what is joined to them look the same while the ledger has not grown. */
export const fixedObjects: FixedObjects = {
  stateOf: (context) => (context as Context).ledger.resolveSequence(anySequence),
  keyOf: ({ name }) => (recordTypes.has(name) ? seqOf : null),
  isFixed: ({ name }, { name: field }) => fixedFields[name]?.has(field) ?? false,
};

const anySequence = {};
