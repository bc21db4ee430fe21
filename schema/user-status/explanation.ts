import type { Context } from '../../src/context.ts';
import type { IgnoredChange, StatusExplanation } from '../../src/domains/user-status/explanation.ts';
import type { StoredStatusChange } from '../../src/domains/user-status/user-status.ts';
import { builder } from '../builder.ts';
import { limitOf } from '../page.ts';
import { Provenance } from '../provenance.ts';
import { type InSnapshot, inSnapshot, localIdOf, recordsByLocalIds } from '../snapshot.ts';
import { UserType, userIn } from '../users.ts';
import { UserStatusEnum } from './status.ts';

/** A change in a snapshot or in the newest state. */
export type ChangeNode = StoredStatusChange & InSnapshot;

export const StatusChange = builder.objectRef<ChangeNode>('StatusChange');

builder.node(StatusChange, {
  description: 'A recorded change of status. It is never edited; a later record for the same instant corrects it.',
  id: { resolve: (change) => localIdOf(change.seq, change) },
  loadMany: (ids, context) => recordsByLocalIds(ids, context.userStatus.bySeqs, context),
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user whose status changed.' }),
    user: t.field({
      type: UserType,
      nullable: true,
      description: 'The user; never null for a stored change.',
      resolve: (change, _args, context) => userIn(change, change, context),
    }),
    status: t.field({ type: UserStatusEnum, description: 'The status from then on.', resolve: ({ status }) => status }),
    effectiveAt: t.field({
      type: 'DateTime',
      description: 'The instant from which the status holds.',
      resolve: ({ effectiveAtUs }) => effectiveAtUs,
    }),
    recordedAt: t.field({
      type: 'DateTime',
      description: 'When the change was stored.',
      resolve: ({ recordedAtUs }) => recordedAtUs,
    }),
    provenance: t.field({ type: Provenance, description: 'The source of the record.', resolve: (change) => change }),
  }),
});

/** An explanation and the snapshot of the records below it. */
type Explanation = StatusExplanation & { readonly owner: InSnapshot };

const changeIn = async (seq: number, owner: InSnapshot, { load, userStatus }: Context): Promise<ChangeNode> =>
  inSnapshot((await load(userStatus.bySeqs, seq)) as StoredStatusChange, owner);

const IgnoredStatusChange = builder
  .objectRef<IgnoredChange & Pick<Explanation, 'owner'>>('IgnoredStatusChange')
  .implement({
    description: 'A record that did not decide, and why.',
    fields: (t) => ({
      change: t.field({
        type: StatusChange,
        description: 'The record.',
        resolve: ({ seq, owner }, _args, context) => changeIn(seq, owner, context),
      }),
      reason: t.field({
        type: builder.enumType('IgnoredReason', {
          description: 'Why a record did not decide a status.',
          values: {
            AFTER_THE_DATE: { description: 'It takes effect after the requested date.' },
            SUPERSEDED: { description: 'A later change, or a later record for the same instant, supersedes it.' },
            DUPLICATE: { description: 'It states the same status for the same instant as the record that decided.' },
          } as const,
        }),
        description: 'Why it did not decide.',
        resolve: ({ reason }) => reason,
      }),
    }),
  });

export const StatusExplanationType = builder.objectRef<Explanation>('StatusExplanation').implement({
  description: 'Which record decided, and why the others did not.',
  fields: (t) => ({
    rule: t.field({
      type: builder.enumType('StatusRule', {
        description: 'The rule that determined a status.',
        values: {
          LATEST_CHANGE_AT_OR_BEFORE: {
            description: 'The latest change at or before the date; of equal times the later record.',
          },
          NO_CHANGE_YET: { description: 'The user is known, but no change had taken effect: non-paying.' },
          UNKNOWN_USER: { description: 'No record names the user: non-paying.' },
        } as const,
      }),
      description: 'The rule that applied.',
      resolve: ({ rule }) => rule,
    }),
    decidedBy: t.field({
      type: StatusChange,
      nullable: true,
      description: 'The record that decided; null when none did.',
      resolve: ({ decidedBySeq, owner }, _args, context) =>
        decidedBySeq === null ? null : changeIn(decidedBySeq, owner, context),
    }),
    ignored: t.field({
      type: [IgnoredStatusChange],
      description: 'The user’s other records that the answer knows, the latest `effectiveAt` first.',
      args: {
        first: t.arg.int({
          defaultValue: 100,
          required: true,
          description: 'The largest number of records to return; at most pageSizeMax (1000).',
        }),
      },
      resolve: ({ ignored, owner }, { first }, { config }) =>
        ignored.slice(0, limitOf('first', first, config)).map((each) => ({ ...each, owner })),
    }),
  }),
});
