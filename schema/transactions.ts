import type { StoredTransaction } from '../src/domains/transactions/transactions.ts';
import { builder } from './builder.ts';
import { connectionType } from './connection.ts';
import {
  Fact,
  type FactNode,
  factConnectionFields,
  factEdgeFields,
  factPageArgs,
  factsOfUser,
  factsPage,
  type JoinedInList,
} from './facts/facts.ts';
import { TransactionFilter } from './facts/filters.ts';
import { ingest, recordResult } from './record-results.ts';
import { localIdOf, recordsByLocalIds } from './snapshot.ts';
import type { SnapshotPage } from './snapshot-page.ts';
import { UserType } from './users.ts';
import { writtenRecords } from './written-records.ts';

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

const TransactionConnection = connectionType<FactNode<StoredTransaction>, SnapshotPage, JoinedInList>(
  {
    type: TransactionType,
    name: 'TransactionConnection',
    description: 'A page of transactions.',
    fields: factConnectionFields,
  },
  { name: 'TransactionEdge', description: 'A transaction with its cursor.', fields: factEdgeFields },
);

builder.queryField('transaction', (t) =>
  t.field({
    type: TransactionType,
    description: 'A purchase by the sender’s own id; null when none is stored.',
    args: { transactionId: t.arg.id({ required: true, description: 'The sender’s own id.' }) },
    nullable: true,
    resolve: (_root, { transactionId }, { load, transactions }) => load(transactions.byTransactionIds, transactionId),
  }),
);

builder.queryField('transactions', (t) =>
  t.field({
    type: TransactionConnection,
    extensions: { goesThroughAllFacts: true },
    description: 'Purchases.',
    args: { ...factPageArgs(TransactionFilter), ...t.arg.connectionArgs() },
    resolve: (_root, args, context) => factsPage(context.transactions, args, context, { field: 'Query.transactions' }),
  }),
);

builder.objectField(UserType, 'transactions', (t) =>
  t.field({
    type: TransactionConnection,
    description: 'The user’s purchases.',
    args: { ...factPageArgs(TransactionFilter), ...t.arg.connectionArgs() },
    resolve: (user, args, context) =>
      factsPage(context.transactions, args, context, factsOfUser('User.transactions', user)),
  }),
);

const TransactionInput = builder.inputType('TransactionInput', {
  description: 'A purchase. A required field that is missing rejects this purchase only.',
  fields: (t) => ({
    transactionId: t.field({
      type: 'WrittenID',
      description: 'Required: the sender’s own id; a repeat with the same content is stored once.',
    }),
    userId: t.field({ type: 'WrittenID', description: 'Required: the buyer; 1 to 256 characters.' }),
    occurredAt: t.field({ type: 'WrittenDateTime', description: 'Required: when the purchase happened.' }),
    productId: t.field({ type: 'WrittenID', description: 'Required: the product; 1 to 256 characters.' }),
    amount: t.field({ type: 'WrittenDecimal', description: 'Required: the price that was paid.' }),
    ip: t.field({ type: 'WrittenIP', description: 'The buyer’s address; null or absent when unknown.' }),
  }),
});

const RecordTransactionsInput = builder.inputType('RecordTransactionsInput', {
  description: 'Purchases to record.',
  fields: (t) => ({
    transactions: t.field({
      type: [TransactionInput],
      required: { list: true, items: false },
      description: 'The purchases in the order in which they are recorded; at most recordsPerMutationMax (1000).',
    }),
  }),
});

const RecordTransactions = recordResult<FactNode<StoredTransaction>>('RecordTransactions', 'transactions', {
  result: 'TransactionResult',
  field: 'transaction',
  type: TransactionType,
  description:
    'The stored purchase: the new one, for a duplicate or conflict the one that was stored before; null when it was rejected.',
  bySeqs: ({ transactions }) => transactions.bySeqs,
});

const { face, recordOf } = writtenRecords({
  fields: {
    transactionId: 'click_id',
    occurredAt: 'created_at',
    productId: 'product_id',
    amount: 'product_price',
    userId: 'user_id',
    ip: 'ip',
  },
});

builder.mutationField('recordTransactions', (t) =>
  t.field({
    type: RecordTransactions.union,
    description:
      'Records purchases. Each purchase is validated alone: an invalid one does not affect the others. A stored id with the same content is a duplicate, with other content a conflict.',
    args: { input: t.arg({ type: RecordTransactionsInput, required: true, description: 'The purchases.' }) },
    resolve: (_root, { input: { transactions } }, context) =>
      RecordTransactions.of(
        ingest(context, context.importers.transactions, { sent: transactions, recordOf }, { face }),
      ),
  }),
);
