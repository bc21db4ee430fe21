import { LRUCache } from 'lru-cache';
import { DomainError } from '../../../errors.ts';
import type { Work } from '../../../lib/work.ts';
import type { JoinName } from '../dimensions.ts';
import type { FactOrderField, FactPage, FactPageRequest } from '../engine.ts';
import type { FactFilter } from '../filter.ts';
import type { FactColumns } from './columns.ts';
import { type EnrichedFacts, joinProbe } from './enrichment.ts';
import type { MemoryFacts } from './memory-facts.ts';
import { candidatesOf, scanRows } from './scan.ts';

/** Characters of requests and sequence numbers in the pages that are remembered. */
const rememberedMax = 1_000_000;

/**
 * Finds pages of facts, ties in the order of `seq`. A page of one sequence number is always the same: those that were found
 * last are remembered.
 */
export const createFactPages = (facts: MemoryFacts): ((request: FactPageRequest, work?: Work) => Promise<FactPage>) => {
  const pages = new LRUCache<string, FactPage>({
    maxSize: rememberedMax,
    sizeCalculation: ({ seqs }, key) => key.length + seqs.length,
  });
  return async (request, work) => {
    const enriched = await facts.enrichment.at(request.asOf, joinsOf(facts, request.where));
    const key = JSON.stringify([enriched.sequence, request]);
    const page = pages.get(key) ?? (await findPage(facts, enriched, request, work));
    pages.set(key, page);
    return page;
  };
};

/** Reads each candidate once and retains only the first `limit`: memory does not grow with the number of facts. */
const findPage = async (
  facts: MemoryFacts,
  enriched: EnrichedFacts,
  request: FactPageRequest,
  work: Work | undefined,
): Promise<FactPage> => {
  const { columns } = facts;
  const test = facts.testOf(request.where, enriched, 'UTC');
  const compare = comparison(columns, request.orderBy, request.descending);
  const inOrder = request.fromEnd ? (a: number, b: number) => compare(b, a) : compare;
  const after = request.afterSeq === undefined ? undefined : rowOf(columns, request.afterSeq);
  const before = request.beforeSeq === undefined ? undefined : rowOf(columns, request.beforeSeq);
  const firstRows = createFirstRows(request.limit + 1, inOrder);
  let totalCount = 0;
  let skippedBefore = false;
  let skippedAfter = false;

  const userIds = request.userId === undefined ? request.where?.userIds : [request.userId];
  const visit = (row: number): void => {
    totalCount++;
    if (after !== undefined && compare(row, after) <= 0) skippedBefore = true;
    else if (before !== undefined && compare(row, before) >= 0) skippedAfter = true;
    else firstRows.offer(row);
  };
  await scanRows(await candidatesOf(facts, userIds, enriched, work), test, visit, work);
  const rows = firstRows.rows();
  const more = rows.length > request.limit;
  if (more) rows.pop();
  if (request.fromEnd) rows.reverse();
  return {
    seqs: Object.freeze(rows.map(columns.seqOf)),
    sequence: enriched.sequence,
    totalCount,
    hasBefore: skippedBefore || (request.fromEnd && more),
    hasAfter: skippedAfter || (!request.fromEnd && more),
  };
};

/** The joins that a filter reads. */
const joinsOf = (facts: Pick<MemoryFacts, 'testOf'>, where: FactFilter | null | undefined): ReadonlySet<JoinName> => {
  const probe = joinProbe();
  facts.testOf(where, probe.facts, 'UTC');
  return probe.joins;
};

const comparison = (columns: FactColumns, field: FactOrderField, descending: boolean) => {
  const sign = descending ? -1 : 1;
  // Facts without an amount sort as the least amount: their units are NaN, which does not compare.
  const unitsOf = (row: number) => (columns.hasAmount(row) ? columns.unitsOf(row) : Number.MIN_SAFE_INTEGER);
  const byField = {
    OCCURRED_AT: (a: number, b: number) => columns.occurredAtUsOf(a) - columns.occurredAtUsOf(b),
    RECEIVED_AT: () => 0,
    AMOUNT: (a: number, b: number) => unitsOf(a) - unitsOf(b) || columns.microsOf(a) - columns.microsOf(b),
  }[field];
  return (a: number, b: number): number => sign * (byField(a, b) || a - b);
};

const rowOf = (columns: FactColumns, seq: number): number => {
  const row = columns.rowsUpTo(seq) - 1;
  if (row < 0 || columns.seqOf(row) !== seq)
    throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
  return row;
};

/**
 * Retains the first `limit` of all offered rows: sorts and truncates whenever twice as many have accumulated. Rows that come
 * in order, as records mostly do, are never sorted.
 */
const createFirstRows = (limit: number, compare: (a: number, b: number) => number) => {
  let rows: number[] = [];
  let worst: number | undefined;
  let isSorted = true;
  const truncate = () => {
    if (!isSorted) rows.sort(compare);
    isSorted = true;
    rows = rows.slice(0, limit);
    worst = rows.length === limit ? rows.at(-1) : undefined;
  };
  return {
    offer(row: number) {
      if (worst !== undefined && compare(row, worst) >= 0) return;
      const last = rows[rows.length - 1];
      if (isSorted && last !== undefined && compare(last, row) > 0) isSorted = false;
      rows.push(row);
      if (isSorted && rows.length === limit) worst = row;
      if (rows.length >= 2 * limit + 512) truncate();
    },
    rows() {
      truncate();
      return rows;
    },
  };
};
