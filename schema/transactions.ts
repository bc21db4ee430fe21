import type { StoredTransaction } from '../src/domains/transactions/transactions.ts';
import { builder } from './builder.ts';
import { connectionType } from './connection.ts';
import { Fact, type FactNode, factEdgeFields, factPageArgs, factsPage, type JoinedInList } from './facts/facts.ts';
import { TransactionFilter } from './facts/filters.ts';
import { type Counted, totalCountOf } from './page.ts';
import { recordResult } from './record-results.ts';
import { localIdOf, recordsByLocalIds } from './snapshot.ts';
import { UserType } from './users.ts';

const TransactionType = builder.objectRef<FactNode<StoredTransaction>>('Transaction');

builder.node(TransactionType, {
  description: 'A purchase.',
  interfaces: [Fact],
  id: { resolve: (fact) => localIdOf(fact.seq, fact) },
  loadMany: (ids, context) => recordsByLocalIds(ids, context.transactions.bySeqs, context),
  fields: (t) => ({
    transactionId: t.exposeID('transactionId', { description: 'The sender’s own id (`click_id`), unique for ever.' }),
    amount: t.field({
      type: 'Decimal',
      description: 'The product’s price, in the currency of the source.',
      resolve: ({ amount }) => amount,
    }),
    productId: t.exposeID('productId', { description: 'The product that was bought.' }),
    ip: t.field({
      type: 'IP',
      nullable: true,
      description: 'The buyer’s address; null when the transaction has none.',
      resolve: ({ ip }) => ip,
    }),
  }),
});

const TransactionConnection = connectionType<FactNode<StoredTransaction>, Counted, JoinedInList>(
  {
    type: TransactionType,
    name: 'TransactionConnection',
    description: 'A page of transactions.',
    fields: (t) => ({
      totalCount: t.int({
        description: 'The number of transactions on all pages.',
        resolve: totalCountOf,
      }),
    }),
  },
  { name: 'TransactionEdge', description: 'A transaction with its cursor.', fields: factEdgeFields },
);

builder.queryField('transactions', (t) =>
  t.field({
    type: TransactionConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Purchases.',
    args: { ...factPageArgs(TransactionFilter), ...t.arg.connectionArgs() },
    resolve: (_root, args, context) => factsPage(context.transactions, args, context),
  }),
);

builder.objectField(UserType, 'transactions', (t) =>
  t.field({
    type: TransactionConnection,
    description: 'The user’s purchases.',
    args: { ...factPageArgs(TransactionFilter), ...t.arg.connectionArgs() },
    resolve: ({ userId }, args, context) => factsPage(context.transactions, args, context, userId),
  }),
);

const TransactionInput = builder.inputType('TransactionInput', {
  description: 'A purchase.',
  fields: (t) => ({
    transactionId: t.id({
      required: true,
      description: 'The sender’s own id; a repeat with the same content is stored once.',
    }),
    userId: t.id({ required: true, description: 'The buyer; 1 to 256 characters.' }),
    occurredAt: t.field({ type: 'DateTime', required: true, description: 'When the purchase happened.' }),
    productId: t.id({ required: true, description: 'The product; 1 to 256 characters.' }),
    amount: t.field({ type: 'Decimal', required: true, description: 'The price that was paid.' }),
    ip: t.field({ type: 'IP', description: 'The buyer’s address; null or absent when unknown.' }),
  }),
});

const RecordTransactionsInput = builder.inputType('RecordTransactionsInput', {
  description: 'Purchases to record.',
  fields: (t) => ({
    transactions: t.field({
      type: [TransactionInput],
      required: true,
      description: 'The purchases in the order in which they are recorded; at most recordsPerMutationMax (1000).',
    }),
  }),
});

const RecordTransactions = recordResult('RecordTransactions', 'transactions');

builder.mutationField('recordTransactions', (t) =>
  t.field({
    type: RecordTransactions.union,
    description:
      'Records purchases. Each purchase is validated alone: a stored id with the same content is a duplicate, with other content a conflict.',
    args: { input: t.arg({ type: RecordTransactionsInput, required: true, description: 'The purchases.' }) },
    resolve: (_root, { input }, { imports, importers, sentBy }) =>
      RecordTransactions.of(
        imports.ingest(
          importers.transactions,
          sentBy,
          input.transactions.map(({ occurredAt, ip, ...rest }) => ({
            ...rest,
            occurredAtUs: occurredAt,
            ip: ip ?? null,
          })),
        ),
      ),
  }),
);
