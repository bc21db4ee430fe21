import type { FactOrderField, FactPage, FactPageRequest } from '../../src/domains/facts/engine.ts';
import { DomainError } from '../../src/errors.ts';
import type { Work } from '../../src/lib/work.ts';
import type { Connection } from './connection.ts';
import type { LastingQuestion } from './lasting-question.ts';
import { amountLiteral, integerLiteral } from './literals.ts';
import type { Question } from './question.ts';

/** What facts are ordered by before their `seq`; less than the least amount for facts without one. */
const orders: Readonly<Record<FactOrderField, string | null>> = {
  OCCURRED_AT: 'occurred_at_us',
  RECEIVED_AT: null,
  AMOUNT: `ifNull(amount, toDecimal128('-9007199254740991000000', 0))`,
};

/** The page of the matching facts. Each cursor costs a statement that looks for facts beyond it, and so does the count. */
export const findPage = async (
  connection: Connection,
  question: LastingQuestion,
  request: FactPageRequest,
  work: Work | undefined,
): Promise<FactPage> => ({
  ...(await question.run((current) => readPage(connection, current, request, work))),
  sequence: question.sequence,
  async totalCount(counting) {
    const count = ({ matching }: Question) => connection.rows<[number]>(`SELECT count() ${matching}`, counting);
    const [[counted] = [0]] = await question.run(count);
    return Number(counted);
  },
});

const readPage = async (
  connection: Connection,
  { facts, matching, sequence }: Question,
  request: FactPageRequest,
  work: Work | undefined,
): Promise<Pick<FactPage, 'seqs' | 'hasBefore' | 'hasAfter'>> => {
  const { orderBy, descending, afterSeq, beforeSeq, limit, fromEnd } = request;
  const order = orders[orderBy];
  const columns = [...(order === null ? [] : [order]), 'seq'];
  const position = `(${columns.join(', ')})`;
  const [after, before] = await Promise.all(
    [afterSeq, beforeSeq].map(async (seq) =>
      seq === undefined ? undefined : positionOf(connection, { facts, columns, sequence }, seq, work),
    ),
  );
  const isNotAfter = after === undefined ? '0' : `${position} ${descending ? '>=' : '<='} ${after}`;
  const isNotBefore = before === undefined ? '0' : `${position} ${descending ? '<=' : '>='} ${before}`;
  const direction = descending !== fromEnd ? 'DESC' : 'ASC';
  const sorted = columns.map((column) => `${column} ${direction}`).join(', ');
  const exists = async (cursor: string | undefined, condition: string): Promise<boolean> =>
    cursor !== undefined && (await connection.rows(`SELECT 1 ${matching} AND ${condition} LIMIT 1`, work)).length > 0;
  const [isAnyBefore, isAnyAfter, rows] = await Promise.all([
    exists(after, isNotAfter),
    exists(before, `NOT (${isNotAfter}) AND ${isNotBefore}`),
    connection.rows<[number]>(
      `SELECT seq ${matching} AND NOT (${isNotAfter}) AND NOT (${isNotBefore}) ORDER BY ${sorted} LIMIT ${limit + 1}`,
      work,
    ),
  ]);
  const seqs = rows.map(([seq]) => Number(seq));
  const more = seqs.length > limit;
  if (more) seqs.pop();
  if (fromEnd) seqs.reverse();
  return {
    seqs: Object.freeze(seqs),
    hasBefore: isAnyBefore || (fromEnd && more),
    hasAfter: isAnyAfter || (!fromEnd && more),
  };
};

/** The position of the fact of a cursor in the order, as a literal. Throws BAD_REQUEST when the state has no such fact. */
const positionOf = async (
  connection: Connection,
  { facts, columns, sequence }: Pick<Question, 'facts' | 'sequence'> & { readonly columns: readonly string[] },
  seq: number,
  work: Work | undefined,
): Promise<string> => {
  const sql = `SELECT ${columns.map((column) => `toString(${column})`).join(', ')} FROM ${facts} WHERE seq = ${seq} AND seq <= ${sequence}`;
  const [row] = await connection.rows<string[]>(sql, work);
  if (!row) throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
  const [first] = columns;
  const values = row.map((text, index) => {
    if (index === row.length - 1) return integerLiteral(Number(text));
    return first === orders.AMOUNT ? amountLiteral(BigInt(text)) : integerLiteral(Number(text));
  });
  return `(${values.join(', ')})`;
};
