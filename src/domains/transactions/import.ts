import { transactions } from '../../../db/tables/transactions.ts';
import { fieldsOfSameName, type Importer } from '../../ledger/record.ts';
import { formatDecimal, isShortestDecimal } from '../../lib/decimal.ts';
import type { FieldReader } from '../../lib/field-reader.ts';
import { formatIp } from '../../lib/ip.ts';
import { isDottedQuad } from '../../lib/ipv4.ts';
import { readRecord } from '../../lib/problems.ts';
import { formatInstant } from '../../lib/time.ts';
import { transactionsTarget } from './target.ts';
import type { Transaction, Transactions } from './transactions.ts';

const columns = ['click_id', 'created_at', 'product_id', 'product_price', 'user_id'];

/** Imports files of `click_id`, `created_at`, `product_id`, `product_price`, `user_id`, `ip`. */
export const createTransactionsImporter = ({ record }: Pick<Transactions, 'record'>): Importer<Transaction> => ({
  target: transactionsTarget,
  shape: { columns: [columns] },
  fields: fieldsOfSameName([...columns, 'ip']),
  writtenFields: { amounts: ['product_price'], instants: ['created_at'] },
  read: (value, { cells, face }) =>
    readRecord(
      value,
      (fields) => ({
        transactionId: fields.id('click_id'),
        userId: fields.id('user_id'),
        occurredAtUs: fields.instant('created_at'),
        productId: fields.id('product_id'),
        amount: amountOf(fields, 'product_price'),
        ip: addressOf(fields, 'ip'),
      }),
      { cells, face },
    ),
  wire: ({ transactionId, userId, occurredAtUs, productId, amount, ip }) => ({
    click_id: transactionId,
    created_at: formatInstant(occurredAtUs),
    product_id: productId,
    product_price: amount,
    user_id: userId,
    ip,
  }),
  storedIn: { table: transactions, lookup: ['transactionId'] },
  begin: ({ face }) => ({ record: (tx, transaction, origin) => record(tx, transaction, origin, face) }),
});

/** Most files spell amounts and addresses as they are stored: they are not formatted again then. */
const amountOf = (fields: FieldReader, name: string): string =>
  fields.asWritten(name, isShortestDecimal) ?? formatDecimal(fields.decimal(name));

const addressOf = (fields: FieldReader, name: string): string | null => {
  const written = fields.asWritten(name, isDottedQuad);
  if (written !== null) return written;
  const ip = fields.optional(name, fields.ip);
  return ip === null ? null : formatIp(ip);
};
