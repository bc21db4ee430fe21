import type { Config } from '../src/config.ts';
import type { IngestResult } from '../src/domains/imports/ingest-result.ts';
import { DomainError } from '../src/errors.ts';
import type { RecordOutcome } from '../src/ledger/record.ts';
import { builder } from './builder.ts';
import { FieldProblemType, memberOf, OverloadedError, outcomeOf, ValidationError } from './faults.ts';
import { RejectedRecordType } from './imports/rejects.ts';
import { SnapshotType } from './provenance.ts';

const RecordOutcomeEnum = builder.enumType('RecordOutcome', {
  description: 'The outcome of a record.',
  values: {
    CREATED: { description: 'It was stored.' },
    DUPLICATE: { description: 'It is stored already; nothing changed.' },
    CONFLICT: { description: 'Its key is stored with other content; the record was added to the rejected records.' },
    REJECTED: { description: 'It breaks a rule; it was added to the rejected records.' },
  } as const,
});

const RecordResult = builder.objectRef<{ outcome: RecordOutcome; index: number }>('RecordResult').implement({
  description: 'The outcome of one of the records sent.',
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Its index in the list that was sent, from 0.' }),
    outcome: t.field({
      type: RecordOutcomeEnum,
      description: 'Its outcome.',
      resolve: ({ outcome }) => outcome.kind,
    }),
    sequence: t.field({
      type: 'BigInt',
      nullable: true,
      description: 'Its sequence number in the ledger; null unless it was stored now.',
      resolve: ({ outcome }) => (outcome.kind === 'CREATED' ? outcome.seq : null),
    }),
    problems: t.field({
      type: [FieldProblemType],
      description: 'Why it was not stored; empty otherwise.',
      resolve: ({ outcome }) => ('problems' in outcome ? outcome.problems : []),
    }),
  }),
});

const countOf = (received: IngestResult, kind: RecordOutcome['kind']): number =>
  received.outcomes.filter((outcome) => outcome.kind === kind).length;

/** Throws LIMIT_EXCEEDED for more records than a mutation may carry. */
export const checkRecordCount = (count: number, { recordsPerMutationMax }: Config): void => {
  if (count > recordsPerMutationMax)
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `${count} records are more than ${recordsPerMutationMax} (setting recordsPerMutationMax)`,
    );
};

/** The payload, result union and wrapper of a mutation that records a list: the same for every kind of record. */
export const recordResult = (name: string, what: string) => {
  const payload = builder.objectRef<IngestResult>(`${name}Payload`).implement({
    description: `The outcomes of the ${what}: sent = accepted + duplicates + conflicts + rejected.`,
    fields: (t) => ({
      accepted: t.int({ description: 'How many were stored.', resolve: (received) => countOf(received, 'CREATED') }),
      duplicates: t.int({
        description: 'How many are stored already.',
        resolve: (received) => countOf(received, 'DUPLICATE'),
      }),
      conflicts: t.int({
        description: 'How many have a key that is stored with other content.',
        resolve: (received) => countOf(received, 'CONFLICT'),
      }),
      rejected: t.field({
        type: [RejectedRecordType],
        description: 'The rejected records: those that break a rule or are in conflict.',
        resolve: async ({ rejectedIds }, _args, { load, rejects }) => {
          const found = await Promise.all(rejectedIds.map((id) => load(rejects.byIds, id)));
          return found.filter((record) => record !== null);
        },
      }),
      results: t.field({
        type: [RecordResult],
        description: 'The outcome of each record, in the order they were sent.',
        resolve: ({ outcomes }) => outcomes.map((outcome, index) => ({ outcome, index })),
      }),
      snapshot: t.field({
        type: SnapshotType,
        description: 'A state of the store that contains the stored records.',
        resolve: (_received, _args, { ledger }) => ledger.snapshot(),
      }),
    }),
  });
  const union = builder.unionType(`${name}Result`, {
    description: 'The payload, or the error because of which nothing was stored.',
    types: [payload, ValidationError, OverloadedError],
    resolveType: memberOf(`${name}Payload`),
  });
  const of = (work: Promise<IngestResult>) => outcomeOf(work, ['ValidationError', 'OverloadedError']);
  return { union, of };
};
