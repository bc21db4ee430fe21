import type { ObjectRef } from '@pothos/core';
import type { Context } from '../src/context.ts';
import type { RawRecord } from '../src/domains/imports/ingest-records.ts';
import type { IngestResult } from '../src/domains/imports/ingest-result.ts';
import { DomainError } from '../src/errors.ts';
import type { Importer, RecordOutcome } from '../src/ledger/record.ts';
import { mapInSlices } from '../src/lib/yielding.ts';
import { builder } from './builder.ts';
import { FieldProblemType, memberOf, OverloadedError, outcomeOf, ValidationError } from './faults.ts';
import { RejectedRecordType } from './imports/rejects.ts';
import { SnapshotType } from './provenance.ts';

type Types = (typeof builder)['$inferSchemaTypes'];

const RecordOutcomeEnum = builder.enumType('RecordOutcome', {
  description: 'The outcome of a record.',
  values: {
    CREATED: { description: 'It was stored.' },
    DUPLICATE: { description: 'It is stored already; nothing changed.' },
    CONFLICT: { description: 'Its key is stored with other content; the record was added to the rejected records.' },
    REJECTED: { description: 'It breaks a rule; it was added to the rejected records.' },
  } as const,
});

interface RecordItem {
  readonly outcome: RecordOutcome;
  readonly index: number;
}

const RecordResult = builder.interfaceRef<RecordItem>('RecordResult').implement({
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
      description: 'Why it was not stored, with the names of the fields of this input; empty otherwise.',
      resolve: ({ outcome }) => ('problems' in outcome ? outcome.problems : []),
    }),
  }),
});

/** The `seq` of the record in the store: the new one, or the one that was stored before; undefined for a rejected record. */
const storedSeqOf = (outcome: RecordOutcome): number | undefined => {
  if (outcome.kind === 'CREATED') return outcome.seq;
  return outcome.kind === 'REJECTED' ? undefined : outcome.storedSeq;
};

const countOf = (received: IngestResult, kind: RecordOutcome['kind']): number =>
  received.outcomes.filter((outcome) => outcome.kind === kind).length;

type IngestOptions = Parameters<Context['imports']['ingest']>[3];

/** What a mutation carries, and how each of it becomes a record. */
interface SentRecords<T> {
  readonly sent: readonly T[];
  readonly recordOf: (sent: T) => RawRecord;
}

/** Ingests the records of a mutation. Throws LIMIT_EXCEEDED for more than it may carry; nothing is stored then. */
export const ingest = async <T>(
  { imports, sentBy, config: { recordsPerMutationMax } }: Context,
  importer: Importer,
  { sent, recordOf }: SentRecords<T>,
  options?: IngestOptions,
): Promise<IngestResult> => {
  if (sent.length <= recordsPerMutationMax)
    return imports.ingest(importer, sentBy, await mapInSlices(sent, recordOf), options);
  const message = `${sent.length} records are more than ${recordsPerMutationMax} (setting recordsPerMutationMax)`;
  throw new DomainError('LIMIT_EXCEEDED', message);
};

interface StoredObject<T> {
  /** The names of the type of a result and of its field with the object. */
  readonly result: string;
  readonly field: string;
  readonly type: ObjectRef<Types, T>;
  readonly description: string;
  /** One statement for the objects of all results. */
  readonly bySeqs: (context: Context) => (seqs: readonly number[]) => readonly (T | null)[];
}

const recordItemType = <T extends object>({ result, field, type, description, bySeqs }: StoredObject<T>) =>
  builder.objectRef<RecordItem>(result).implement({
    description: 'The outcome of one of the records sent, with the stored object.',
    interfaces: [RecordResult],
    fields: (t) => ({
      [field]: t.field({
        type,
        nullable: true,
        description,
        resolve: ({ outcome }, _args, context) => {
          const seq = storedSeqOf(outcome);
          return (seq === undefined ? null : context.load(bySeqs(context), seq)) as never;
        },
      }),
    }),
  });

/** The payload, result union and wrapper of a mutation that records a list: the same for every kind of record. */
export const recordResult = <T extends object>(name: string, what: string, stored: StoredObject<T>) => {
  const itemType = recordItemType(stored);
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
        type: [itemType],
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
