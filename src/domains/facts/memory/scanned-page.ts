import type { Work } from '../../../lib/work.ts';
import type { FactList, FoundPage, PageCursors } from './fact-list.ts';
import { scanRows } from './scan.ts';

/** Reads each candidate once and retains only the first `limit`: memory does not grow with the number of facts. */
export const scannedPage = async (list: FactList, cursors: PageCursors, work?: Work): Promise<FoundPage> => {
  const { request, compare, filter, candidates } = list;
  const { after, before } = cursors;
  const inList = request.descending ? (a: number, b: number) => compare(b, a) : compare;
  const firstRows = createFirstRows(request.limit + 1, request.fromEnd ? (a, b) => inList(b, a) : inList);
  let totalCount = 0;
  let skippedBefore = false;
  let skippedAfter = false;
  const visit = (row: number): void => {
    totalCount++;
    if (after !== undefined && inList(row, after) <= 0) skippedBefore = true;
    else if (before !== undefined && inList(row, before) >= 0) skippedAfter = true;
    else firstRows.offer(row);
  };
  await scanRows({ candidates, filter }, visit, work);
  const rows = firstRows.rows();
  const more = rows.length > request.limit;
  if (more) rows.pop();
  if (request.fromEnd) rows.reverse();
  return {
    rows,
    totalCount,
    hasBefore: skippedBefore || (request.fromEnd && more),
    hasAfter: skippedAfter || (!request.fromEnd && more),
  };
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
