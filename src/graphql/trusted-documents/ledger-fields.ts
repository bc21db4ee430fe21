import {
  type DocumentNode,
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { schema } from '../../../schema/schema.ts';

/**
 * The fields whose values depend on their arguments and on the ledger up to a sequence number, and on nothing else: not on
 * the clock, on the caller, on the state of imports or on datasets. A field that is not listed may depend on anything. So
 * `User.age`, whose default is today, `User.status` and `Provenance.import` are missing.
 */
export const ledgerFields: Readonly<Record<string, string>> = {
  Query: 'userStatus userStatuses ipCity ipCities transactions enrichedAggregate dashboard conversations followups',
  UserStatusAsOf: 'at explanation status userId validFrom validTo',
  StatusExplanation: 'decidedBy ignored rule',
  StatusChange: 'effectiveAt id provenance recordedAt status userId',
  IgnoredStatusChange: 'change reason',
  IpCity: 'candidates city ip kind range',
  IpCityLookup: 'ipCity problem text',
  IpRange: 'cidrs city first id last provenance',
  TransactionConnection: 'edges nodes pageInfo totalCount',
  TransactionEdge: 'cursor enrichment node',
  Transaction: 'amount enrichment id ip occurredAt productId provenance receivedAt transactionId userId',
  Enrichment: 'age country gender hasImage ipCity userStatus',
  EnrichedAggregateConnection: 'edges nodes pageInfo snapshot total totalCount',
  EnrichedAggregateEdge: 'cursor node',
  EnrichedAggregateGroup: 'key measures',
  AgeBand: 'from label to',
  EnrichedKey: 'ageBand city country gender hasImage periodEnd periodStart productId unknown userId userStatus',
  EnrichedMeasures: 'average count distinctUsers max median min shareOfSum sum',
  Dashboard: 'orphanFollowups snapshot symbols total trend',
  SymbolSummary: 'count earliest followupRate followups guessAccuracy latest symbol',
  SymbolTotals: 'count earliest followups latest',
  SymbolPoint: 'count followups periodStart symbol',
  ConversationConnection: 'edges nodes pageInfo totalCount',
  ConversationEdge: 'cursor node',
  Conversation: 'followups id isVowelGuess startedAt symbol uuid',
  FollowupConnection: 'edges nodes pageInfo totalCount',
  FollowupEdge: 'cursor node',
  Followup: 'conversation receivedAt uuid',
  Provenance: 'line recordedAt sequence source',
  Snapshot: 'at sequence',
  PageInfo: 'endCursor hasNextPage hasPreviousPage startCursor',
};

const coordinates = new Set(
  Object.entries(ledgerFields).flatMap(([type, fields]) => fields.split(' ').map((field) => `${type}.${field}`)),
);

/** Experiments end by the clock, so events are joined to them by it. */
const isOfTransactions = ({ name, arguments: values = [] }: FieldNode): boolean =>
  name.value !== 'enrichedAggregate' ||
  values.every(
    ({ name: argument, value }) =>
      argument.value !== 'source' || (value.kind === Kind.ENUM && value.value === 'TRANSACTIONS'),
  );

/** Whether an operation is a query of such fields only, whatever its variables are. */
export const dependsOnLedgerOnly = (document: DocumentNode, operation: OperationDefinitionNode): boolean => {
  if (operation.operation !== 'query') return false;
  let isSo = true;
  const types = new TypeInfo(schema);
  // All fragments count, used or not: one that is not makes it false for no reason, and never true.
  visit(
    document,
    visitWithTypeInfo(types, {
      OperationDefinition: (node) => (node === operation ? undefined : false),
      Field(field) {
        const parent = types.getParentType();
        const isListed = field.name.value === '__typename' || coordinates.has(`${parent?.name}.${field.name.value}`);
        if (!isListed || !isOfTransactions(field)) isSo = false;
      },
    }),
  );
  return isSo;
};
