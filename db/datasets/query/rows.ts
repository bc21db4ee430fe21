import { DomainError } from '../../../src/errors.ts';
import type { DuckdbSession } from '../duckdb.ts';
import type { RowsRequest, RowsResult, TableFilter, TableOrder } from '../engine.ts';
import { comparesMisfits, filterSql, lenientFilterSql } from './filter.ts';
import { fetchRows } from './rows-at.ts';
import { Parameters, rowNumber, type Source } from './source.ts';

/** What a page is selected from. */
interface Selection {
  readonly rows: readonly number[];
  readonly total: number;
  readonly excludedCount: number;
}

/**
 * A page of rows. First the page's row numbers are selected, reading only the columns of filter and order; then these rows
 * are read. Throws BAD_REQUEST for a cursor whose row is not in the list.
 */
export const pageOfRows = async (
  session: DuckdbSession,
  source: Source,
  request: RowsRequest,
  { bytesMax, counts }: { readonly bytesMax: number; readonly counts: FilterCounts },
): Promise<RowsResult & { readonly bytes: number }> => {
  const { limit, fromEnd, after, before } = request;
  const { rows: selected, total, excludedCount } = await select(session, source, request, counts);
  // One more row than the limit was selected, which shows whether the list continues.
  const continues = selected.length > limit;
  const page = selected.slice(0, limit);
  const { rows, bytes } = await fetchRows(session, source, page, bytesMax);
  const isTruncated = rows.length < page.length;
  if (fromEnd) rows.reverse();
  const [hasMoreBefore, hasMoreAfter] = [after !== null, before !== null];
  return {
    rows,
    hasBefore: hasMoreBefore || (fromEnd && (continues || isTruncated)),
    hasAfter: hasMoreAfter || (!fromEnd && (continues || isTruncated)),
    total: request.withTotal ? total : null,
    excludedCount,
    bytes,
  };
};

/** How many rows pass a filter, and how many it leaves out because of misfits; remembered, because each page of a list needs it. */
export interface FilterCounts {
  get(filter: TableFilter): { readonly total: number; readonly excludedCount: number } | undefined;
  set(filter: TableFilter, counts: { readonly total: number; readonly excludedCount: number }): void;
}

const select = async (
  session: DuckdbSession,
  source: Source,
  request: RowsRequest,
  counts: FilterCounts,
): Promise<Selection> => {
  const { filter, orders } = request;
  if (filter === null && orders.length === 0) return numbersInFileOrder(source, request);
  if (filter === null) return { ...(await selectOrdered(session, source, request)), excludedCount: 0 };
  const known = counts.get(filter);
  if (known !== undefined && orders.length === 0)
    return { ...known, rows: await selectNext(session, source, { ...request, filter }) };
  const selection = await selectOrdered(session, source, request);
  counts.set(filter, { total: selection.total, excludedCount: selection.excludedCount });
  return selection;
};

const wrongCursor = (): DomainError => new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');

const numbersInFileOrder = ({ rowCount }: Source, { after, before, limit, fromEnd }: RowsRequest): Selection => {
  if (Math.max(after ?? 0, before ?? 0) >= Math.max(rowCount, 1)) throw wrongCursor();
  const from = after === null ? 0 : after + 1;
  const to = before ?? rowCount;
  const length = Math.max(0, Math.min(limit + 1, to - from));
  const rows = Array.from({ length }, (_each, index) => (fromEnd ? to - 1 - index : from + index));
  return { rows, total: rowCount, excludedCount: 0 };
};

/** The next rows of a filtered list in the order of the file; the scan ends once it has found them. */
const selectNext = async (
  session: DuckdbSession,
  source: Source,
  { filter, after, before, limit, fromEnd }: RowsRequest,
): Promise<number[]> => {
  for (const cursor of [after, before]) {
    if (cursor === null) continue;
    const parameters = new Parameters();
    const at = parameters.add(BigInt(cursor), 'BIGINT');
    const passes = filterSql(source, filter, parameters);
    const sql = `select 1 from ${source.from} where ${rowNumber} = ${at} and ${passes}`;
    if ((await session.rows(sql, parameters.values)).length === 0) throw wrongCursor();
  }
  const parameters = new Parameters();
  const conditions = [filterSql(source, filter, parameters)];
  if (after !== null) conditions.push(`${rowNumber} > ${parameters.add(BigInt(after), 'BIGINT')}`);
  if (before !== null) conditions.push(`${rowNumber} < ${parameters.add(BigInt(before), 'BIGINT')}`);
  // Without an order DuckDB returns the first rows of the file.
  const order = fromEnd ? `order by ${rowNumber} desc` : '';
  const sql = `select ${rowNumber} from ${source.from} where ${conditions.join(' and ')} ${order} limit ${limit + 1}`;
  const found = (await session.rows(sql, parameters.values)).map(([row]) => Number(row));
  return found.sort((a, b) => (fromEnd ? b - a : a - b));
};

/** The condition that a row comes after (or before) another one in the order, missing values last, then as in the file. */
const comesAfter = (orders: readonly TableOrder[], cursor: string, isReversed: boolean): string =>
  orders.reduceRight(
    (rest, { descending }, index) => {
      const [own, other] = [`s.o${index}`, `${cursor}.o${index}`];
      const isGreater = descending === isReversed;
      const beyond = isReversed
        ? `((${own} is not null and ${other} is null) or coalesce(${own} ${isGreater ? '>' : '<'} ${other}, false))`
        : `((${own} is null and ${other} is not null) or coalesce(${own} ${isGreater ? '>' : '<'} ${other}, false))`;
      return `(${beyond} or (${own} is not distinct from ${other} and ${rest}))`;
    },
    `s.r ${isReversed ? '<' : '>'} ${cursor}.r`,
  );

/** Selects the rows of a page and counts those of the list in one pass over the columns of filter and order. */
const selectOrdered = async (
  session: DuckdbSession,
  source: Source,
  { filter, orders, after, before, limit, fromEnd }: RowsRequest,
): Promise<Selection> => {
  const parameters = new Parameters();
  const keys = orders.map(({ column }, index) => `${source.expression(column).sql} as o${index}`);
  const columns = [`${rowNumber} as r`, ...keys].join(', ');
  const withExcluded = comparesMisfits(source, filter);
  const passes = filterSql(source, filter, parameters);
  const list = withExcluded
    ? `select ${columns}, (${passes}) is true as passes from ${source.from} where ${lenientFilterSql(source, filter, parameters)}`
    : `select ${columns} from ${source.from} where ${passes}`;
  const order = [
    ...orders.map(
      ({ descending }, index) =>
        `o${index} ${descending !== fromEnd ? 'desc' : 'asc'} nulls ${fromEnd ? 'first' : 'last'}`,
    ),
    `r ${fromEnd ? 'desc' : 'asc'}`,
  ].join(', ');
  const cursors = (['after', 'before'] as const).flatMap((name) => {
    const row = name === 'after' ? after : before;
    return row === null
      ? []
      : [{ name: `c_${name}`, row: parameters.add(BigInt(row), 'BIGINT'), isReversed: name === 'before' }];
  });
  const conditions = cursors.map(({ name, isReversed }) => comesAfter(orders, name, isReversed));
  // A list of all rows is read once more for a cursor rather than kept in memory.
  const kept = filter === null ? 'not materialized' : 'materialized';
  const sql = `with every as ${kept} (${list}),
    s as (select * from every${withExcluded ? ' where passes' : ''})
    ${cursors.map(({ name, row }) => `, ${name} as materialized (select * from s where r = ${row})`).join('')},
    page as (select ${['s.r as r', ...orders.map((_each, index) => `s.o${index} as o${index}`)].join(', ')}
      from ${['s', ...cursors.map(({ name }) => name)].join(', ')}
      ${conditions.length > 0 ? `where ${conditions.join(' and ')}` : ''} order by ${order} limit ${limit + 1})
    select (select list(r order by ${order}) from page),
      ${filter === null ? String(source.rowCount) : '(select count(*) from s)'},
      ${withExcluded ? '(select count(*) from every where not passes)' : '0'},
      ${cursors.length === 0 ? 'true' : cursors.map(({ name }) => `(select count(*) from ${name}) = 1`).join(' and ')}`;
  const [[rows, total, excludedCount, isInList] = []] = await session.rows(sql, parameters.values);
  if (isInList !== true) throw wrongCursor();
  const items = (rows as { readonly items: readonly bigint[] } | null)?.items ?? [];
  return { rows: items.map(Number), total: Number(total), excludedCount: Number(excludedCount) };
};
