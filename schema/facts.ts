import type { AsOf } from '../src/domains/enrichment.ts';
import type { FactFilter } from '../src/domains/fact-filter.ts';
import type { JoinedTransaction, StoredTransaction } from '../src/domains/transactions.ts';
import { builder } from './builder.ts';
import { IpCityType } from './ip-city.ts';
import { totalCountOf } from './page.ts';
import { Provenance } from './provenance.ts';
import { UserStatusEnum } from './status.ts';
import { SortDirection, TimeRangeInput } from './time.ts';
import { UserStatusAsOf } from './user-status.ts';
import { UserType } from './users.ts';

/** What was true of a fact, and as of what. */
export interface EnrichedFact {
  readonly fact: StoredTransaction;
  readonly asOf: AsOf;
}

export const Fact = builder.interfaceRef<JoinedTransaction>('Fact').implement({
  description: 'An event with a user, a time and perhaps an amount, joined to what was true at its time.',
  resolveType: () => 'Transaction',
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'Whose it is.' }),
    occurredAt: t.field({ type: 'DateTime', description: 'When it happened.', resolve: (fact) => fact.occurredAtUs }),
    receivedAt: t.field({ type: 'DateTime', description: 'When it was stored.', resolve: (fact) => fact.recordedAtUs }),
    amount: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'The amount, in the currency of the source; null for facts without one.',
      resolve: ({ amount }) => amount,
    }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user; null when no record names one.',
      resolve: ({ userId }, _args, { users }) => users.userOf(userId),
    }),
    provenance: t.field({ type: Provenance, description: 'Where it came from.', resolve: (fact) => fact }),
  }),
});

export const Enrichment = builder.objectRef<EnrichedFact>('Enrichment').implement({
  description: 'What was true of a fact.',
  fields: (t) => ({
    userStatus: t.field({
      type: UserStatusAsOf,
      description: 'The user’s status at the fact’s time, or at `asOf.validAt`.',
      resolve: ({ fact, asOf }, _args, { userStatus }) =>
        userStatus.statusAt(fact.userId, asOf.validAtUs ?? fact.occurredAtUs, asOf),
    }),
    ipCity: t.field({
      type: IpCityType,
      nullable: true,
      description: 'The city of its address; null when the fact has none.',
      resolve: ({ fact: { ip }, asOf }, _args, { ipCity }) => (ip === null ? null : ipCity.cityAsOf(ip, asOf)),
    }),
  }),
});

export const EnrichedFilter = builder.inputRef<FactFilter>('EnrichedFilter');

EnrichedFilter.implement({
  description: 'Which facts count. Everything given must hold; an empty list of values holds for none.',
  fields: (t) => ({
    range: t.field({ type: TimeRangeInput, description: 'When they happened.' }),
    userIds: t.idList({ description: 'Whose they are.' }),
    userStatus: t.field({ type: [UserStatusEnum], description: 'Their user’s status, as enriched.' }),
    cities: t.stringList({ description: 'Their address’s city as written in the table, or `unknown`.' }),
    products: t.idList({ description: 'Which products they are about.' }),
    amountAtLeast: t.field({ type: 'Decimal', description: 'Least amount, inside.' }),
    amountAtMost: t.field({ type: 'Decimal', description: 'Greatest amount, inside.' }),
    and: t.field({ type: [EnrichedFilter], description: 'All of these hold.' }),
    or: t.field({ type: [EnrichedFilter], description: 'At least one of these holds.' }),
    not: t.field({ type: EnrichedFilter, description: 'This does not hold.' }),
  }),
});

export const FactOrder = builder.inputType('FactOrder', {
  description: 'The order of facts; ties are in the order they were recorded, for `DESC` the last recorded first.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('FactOrderField', {
        description: 'What facts can be ordered by.',
        values: {
          OCCURRED_AT: { description: 'When they happened.' },
          RECEIVED_AT: { description: 'In which order they were recorded.' },
          AMOUNT: { description: 'Their amount.' },
        } as const,
      }),
      required: true,
      description: 'What orders them.',
    }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: 'ASC', description: 'Which way.' }),
  }),
});

export const FactConnection = builder.connectionObject(
  {
    type: Fact,
    name: 'FactConnection',
    description: 'A page of facts.',
    fields: (t) => ({
      totalCount: t.int({
        description: 'How many there are on all pages.',
        resolve: totalCountOf,
      }),
    }),
  },
  { name: 'FactEdge', description: 'A fact with its place in the list.' },
);
