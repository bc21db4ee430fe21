import type { Context } from '../../src/context.ts';
import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { StoredFact } from '../../src/domains/facts/fact-set.ts';
import type { Facts } from '../../src/domains/facts/facts.ts';
import type { FactFilter } from '../../src/domains/facts/filter.ts';
import type { IpAddress } from '../../src/lib/ip.ts';
import { unknownLabel } from '../../src/lib/unknown-label.ts';
import { builder } from '../builder.ts';
import { connectionType, type EdgeFields } from '../connection.ts';
import { IpCityType } from '../ip-city.ts';
import { numericCursor, pageOf, selectPage } from '../page.ts';
import { Provenance } from '../provenance.ts';
import { asOfOf, type InSnapshot, inSnapshot, localIdOf, type RequestedAsOf } from '../snapshot.ts';
import { type SnapshotPage, snapshotPageFields } from '../snapshot-page.ts';
import { AsOfInput, SortDirection } from '../time.ts';
import { statusOf, UserStatusAsOf } from '../user-status/user-status.ts';
import { UserType, userIn } from '../users.ts';
import type { FactFilterRef } from './filters.ts';

/** A fact in a snapshot or in the newest state. */
export type FactNode<F extends StoredFact = StoredFact> = F & InSnapshot & { readonly ip?: IpAddress | null };

/** A fact and what it is enriched as of. */
interface EnrichedFact {
  readonly fact: FactNode;
  readonly asOf: RequestedAsOf;
  /** The snapshot of the objects below: of a list without `asOf` they are in the newest state. */
  readonly owner: InSnapshot;
}

/** What the edges of a list of facts carry: as of what the list enriched its facts. */
export interface JoinedInList {
  readonly asOf: RequestedAsOf;
}

const typeOfSource: Readonly<Record<FactSource, string>> = {
  TRANSACTIONS: 'Transaction',
  EXPERIMENT_EVENTS: 'ExperimentEvent',
};

export const Fact = builder.interfaceRef<FactNode>('Fact');

const Enrichment = builder.objectRef<EnrichedFact>('Enrichment').implement({
  description: 'What was true of a fact at its time.',
  fields: (t) => ({
    userStatus: t.field({
      type: UserStatusAsOf,
      description: 'The user’s status at the fact’s time, or at `asOf.validAt`.',
      resolve: ({ fact, asOf, owner }, _args, { userStatus }) =>
        statusOf(userStatus.statusAt(fact.userId, asOf.validAtUs ?? fact.occurredAtUs, asOf), owner),
    }),
    ipCity: t.field({
      type: IpCityType,
      nullable: true,
      description: 'The city of the fact’s address; null when the fact has no address.',
      resolve: ({ fact: { ip }, asOf }, _args, { ipCity }) => (ip ? ipCity.cityAsOf(ip, asOf) : null),
    }),
    country: t.string({
      description: 'The user’s country according to users files; `unknown` when no users file states it.',
      resolve: ({ fact, asOf }, _args, { users, ledger }) =>
        users.attributesAt(fact.userId, ledger.resolveSequence(asOf)).country ?? unknownLabel,
    }),
    gender: t.string({
      description: 'The user’s gender according to users files; `unknown` when no users file states it.',
      resolve: ({ fact, asOf }, _args, { users, ledger }) =>
        users.attributesAt(fact.userId, ledger.resolveSequence(asOf)).gender ?? unknownLabel,
    }),
    age: t.int({
      nullable: true,
      description:
        'The user’s completed years at the fact’s time, or at `asOf.validAt`; null when no file states the birth date, and before the birth.',
      resolve: ({ fact, asOf }, _args, { userFiles, ledger }) =>
        userFiles.ageOfUser(fact.userId, asOf.validAtUs ?? fact.occurredAtUs, ledger.resolveSequence(asOf)),
    }),
    hasImage: t.boolean({
      description: 'Whether the user has an image.',
      resolve: ({ fact, asOf }, _args, { userFiles, ledger }) =>
        userFiles.hasImageOfUser(fact.userId, ledger.resolveSequence(asOf)),
    }),
  }),
});

Fact.implement({
  description: 'An event with a user, a time and perhaps an amount, joined to what was true at its time.',
  interfaces: [builder.nodeInterfaceRef()],
  resolveType: ({ source }) => typeOfSource[source],
  fields: (t) => ({
    userId: t.exposeID('userId', { description: 'The user of the fact.' }),
    occurredAt: t.field({
      type: 'DateTime',
      description: 'When the fact happened.',
      resolve: (fact) => fact.occurredAtUs,
    }),
    receivedAt: t.field({
      type: 'DateTime',
      description: 'When the fact was stored.',
      resolve: (fact) => fact.recordedAtUs,
    }),
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
      resolve: (fact, _args, context) => userIn(fact, fact, context),
    }),
    provenance: t.field({ type: Provenance, description: 'The source of the record.', resolve: (fact) => fact }),
    enrichment: t.field({
      type: Enrichment,
      extensions: { cost: 6 },
      description: 'What was true of the fact.',
      args: {
        asOf: t.arg({
          type: AsOfInput,
          description:
            'The valid time and the snapshot to use; default: the fact’s own time, and the snapshot in its `id` or the newest one. It does not depend on the list: as the list joined the fact, it is on its edge.',
        }),
      },
      resolve(fact, args, { ledger }) {
        const asOf = asOfOf(args.asOf, ledger, fact);
        return { fact, asOf, owner: asOf };
      },
    }),
  }),
});

/** The fields of edges of facts. */
export const factEdgeFields: EdgeFields<FactNode, JoinedInList> = (t) => ({
  enrichment: t.field({
    type: Enrichment,
    description:
      'What was true of the fact as this list joined it: by the snapshot of the list, and with `asOf.validAt` at that instant.',
    resolve: ({ node, asOf }) => ({ fact: node, asOf, owner: node }),
  }),
});

const FactOrder = builder.inputType('FactOrder', {
  description: 'The order of facts; ties are in the order they were recorded, for `DESC` the last recorded first.',
  fields: (t) => ({
    by: t.field({
      type: builder.enumType('FactOrderField', {
        description: 'What facts can be ordered by.',
        values: {
          OCCURRED_AT: { description: 'The time of the fact.' },
          RECEIVED_AT: { description: 'The order of recording.' },
          AMOUNT: { description: 'The amount.' },
        } as const,
      }),
      required: true,
      description: 'The key of the order.',
    }),
    direction: t.field({ type: SortDirection, required: true, defaultValue: 'ASC', description: 'The direction.' }),
  }),
});

/** The fields of connections of facts. */
export const factConnectionFields = snapshotPageFields<FactNode, JoinedInList>('facts');

export const FactConnection = connectionType<FactNode, SnapshotPage, JoinedInList>(
  {
    type: Fact,
    name: 'FactConnection',
    description: 'A page of facts.',
    fields: factConnectionFields,
  },
  { name: 'FactEdge', description: 'A fact with its cursor.', fields: factEdgeFields },
);

/** The arguments of a connection of facts of one kind. */
export const factPageArgs = (filter: FactFilterRef) =>
  builder.args((t) => ({
    asOf: t.field({
      type: AsOfInput,
      description:
        'The snapshot of the list, which its facts belong to, and the valid time with which the filter and the edges join them; default: the facts’ own time and the newest snapshot. Later pages are of the snapshot of the first.',
    }),
    where: t.field({ type: filter, description: 'Only facts that match this filter.' }),
    orderBy: t.field({ type: FactOrder, description: 'Default: by time, oldest first.' }),
  }));

interface FactPageArgs {
  readonly asOf?: (typeof AsOfInput)['$inferInput'] | null | undefined;
  readonly where?: FactFilter | null | undefined;
  readonly orderBy?: (typeof FactOrder)['$inferInput'] | null | undefined;
}

/** A list of facts: its field, and the user whose facts it has. */
interface FactList {
  readonly field: string;
  readonly parent?: string;
  readonly user?: InSnapshot & { readonly userId: string };
}

/** The facts of a user, in the user's snapshot. */
export const factsOfUser = (field: string, user: NonNullable<FactList['user']>): FactList => ({
  field,
  parent: localIdOf(user.userId, user),
  user,
});

/** A page of facts of one kind: one statement for all its rows. */
export const factsPage = async <F extends StoredFact>(
  facts: Facts & { readonly bySeqs: (seqs: readonly number[]) => readonly (F | null)[] },
  args: FactPageArgs & Parameters<typeof selectPage>[1],
  context: Context,
  list: FactList,
) => {
  const { config, loadAll, ledger } = context;
  const { limit, fromEnd, after, before, ...walk } = selectPage(list, args, config);
  const asOf = asOfOf(args.asOf, ledger, list.user);
  const request = {
    where: args.where,
    userId: list.user?.userId,
    asOf: { validAtUs: asOf.validAtUs, sequence: walk.sequence ?? asOf.sequence },
    orderBy: args.orderBy?.by ?? ('OCCURRED_AT' as const),
    descending: args.orderBy?.direction === 'DESC',
    afterSeq: numericCursor(after),
    beforeSeq: numericCursor(before),
    limit,
    fromEnd,
  };
  const page = await facts.page(request, context.work);
  const rows = await loadAll(facts.bySeqs, page.seqs);
  const found = foundRows(rows, asOf);
  const edge: JoinedInList = { asOf: { ...asOf, sequence: page.sequence } };
  const cursors = walk.cursors.at(page.sequence);
  return {
    ...pageOf(found, ({ seq }) => seq, { ...page, cursors, edge }),
    totalCount: () => page.totalCount(context.work),
    sequence: page.sequence,
  };
};

/** The rows that exist, as those of a snapshot; the same list where that is all of them as they are. */
const foundRows = <F extends StoredFact>(rows: readonly (F | null)[], asOf: InSnapshot): readonly FactNode<F>[] => {
  const found = rows.every((row) => row !== null) ? rows : rows.filter((row) => row !== null);
  return asOf.sequence === undefined ? found : found.map((row) => inSnapshot(row, asOf));
};
