import type { InputRef } from '@pothos/core';
import type { FactFilter } from '../../src/domains/facts/filter.ts';
import { ageBandLabels } from '../../src/lib/age.ts';
import { builder } from '../builder.ts';
import { TimeRangeInput } from '../time.ts';
import { UserStatusEnum } from '../user-status/status.ts';

type InputFields = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** A filter as an argument: its conditions are those that the facts of the list have. */
export type FactFilterRef = InputRef<FactFilter>;

const commonFields = (t: InputFields, filter: FactFilterRef) => ({
  range: t.field({ type: TimeRangeInput, description: 'When the facts happened.' }),
  userIds: t.idList({ description: 'The users of the facts.' }),
  userStatus: t.field({ type: [UserStatusEnum], description: 'The user’s status, as in the enrichment.' }),
  countries: t.stringList({ description: 'The user’s country, or `unknown`.' }),
  genders: t.stringList({ description: 'The user’s gender, or `unknown`.' }),
  ageBands: t.stringList({
    description: `The user’s age at the fact’s time, or at \`asOf.validAt\`, by the name of its band: ${ageBandLabels.map((label) => `\`${label}\``).join(', ')} or \`unknown\`.`,
  }),
  hasImage: t.boolean({ description: 'Whether the user has an image.' }),
  amountAtLeast: t.field({ type: 'Decimal', description: 'The least amount, inclusive.' }),
  amountAtMost: t.field({ type: 'Decimal', description: 'The greatest amount, inclusive.' }),
  and: t.field({ type: [filter], description: 'All of these filters must match.' }),
  or: t.field({ type: [filter], description: 'At least one of these filters must match.' }),
  not: t.field({ type: filter, description: 'This filter must not match.' }),
});

const transactionFields = (t: InputFields, only = '') => ({
  cities: t.stringList({
    description: `The city of the address as written in the table, or \`unknown\`${only}.`,
  }),
  productIds: t.idList({ description: `The products${only}.` }),
});

const eventFields = (t: InputFields, only = '') => ({
  experiments: t.stringList({ description: `The keys of experiments${only}.` }),
  variants: t.stringList({ description: `The variants${only}.` }),
  accountTypes: t.stringList({ description: `The account types${only}.` }),
  eventTypes: t.stringList({ description: `The types of events, or \`unknown\`${only}.` }),
});

export const TransactionFilter = builder.inputRef<FactFilter>('TransactionFilter');

TransactionFilter.implement({
  description: 'A filter of transactions. All conditions must hold; an empty list of values matches none.',
  fields: (t) => ({ ...commonFields(t, TransactionFilter), ...transactionFields(t) }),
});

export const ExperimentEventFilter = builder.inputRef<FactFilter>('ExperimentEventFilter');

ExperimentEventFilter.implement({
  description: 'A filter of events of experiments. All conditions must hold; an empty list of values matches none.',
  fields: (t) => ({ ...commonFields(t, ExperimentEventFilter), ...eventFields(t) }),
});

export const EnrichedFilter = builder.inputRef<FactFilter>('EnrichedFilter');

EnrichedFilter.implement({
  description:
    'A filter of facts of any source. All conditions must hold; an empty list of values matches no fact. A condition that the source does not have is refused by its name.',
  fields: (t) => ({
    ...commonFields(t, EnrichedFilter),
    ...transactionFields(t, '; transactions only'),
    ...eventFields(t, '; experiment events only'),
  }),
});
