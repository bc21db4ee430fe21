import type { DuckdbSession } from '../duckdb.ts';
import type { ChangesRequest, ChangesResult, RowChange } from '../engine.ts';
import { type AlignedVersions, alignedVersions, grouping } from './aligned-versions.ts';
import { fetchRows } from './rows-at.ts';
import type { Source } from './source.ts';

/** Row numbers of a change; null in the version that lacks the row. */
interface Pair {
  readonly earlier: number | null;
  readonly later: number | null;
}

/**
 * A page of the rows that `differenceBetween` counts. Of equal rows of which one version has more, the last ones are the
 * additional ones. Of rows with the same key, the first that the earlier version has more belongs to the first that the
 * later version has more, and so on.
 */
export const pageOfChanges = async (
  session: DuckdbSession,
  [earlier, later]: readonly [Source, Source],
  request: Omit<ChangesRequest, 'earlier'>,
  bytesMax: number,
): Promise<ChangesResult & { readonly bytes: number }> => {
  const { limit, fromEnd, after, before } = request;
  const versions = alignedVersions([earlier, later], request.keyColumns);
  // One more than the limit shows whether the list continues.
  const selected = await selectPairs(session, versions, request);
  const page = selected.slice(0, limit);
  const bounds = { bytesMax: request.kind === 'CHANGED' ? Math.ceil(bytesMax / 2) : bytesMax };
  const rowsOf = (source: Source, side: keyof Pair) =>
    fetchRows(session, source, numbersOf(page, side), bounds.bytesMax);
  const [before1, after1] = [await rowsOf(earlier, 'earlier'), await rowsOf(later, 'later')];
  const [lost, gained] = [before1.rows, after1.rows];
  const count =
    request.kind === 'CHANGED' ? Math.min(lost.length, gained.length) : Math.max(lost.length, gained.length);
  const columns = request.kind === 'CHANGED' ? await changedColumns(session, versions, page.slice(0, count)) : [];
  const changes = Array.from(
    { length: count },
    (_each, index): RowChange => ({
      earlier: lost[index] ?? null,
      later: gained[index] ?? null,
      columns: columns[index] ?? [],
    }),
  );
  const continues = count < selected.length;
  if (fromEnd) changes.reverse();
  return {
    changes,
    hasBefore: after !== null || (fromEnd && continues),
    hasAfter: before !== null || (!fromEnd && continues),
    bytes: before1.bytes + after1.bytes,
  };
};

const numbersOf = (pairs: readonly Pair[], side: keyof Pair): number[] =>
  pairs.flatMap(({ [side]: number }) => (number === null ? [] : [number]));

/** The pairs of a page in the direction in which it is read, with one more than the limit. */
const selectPairs = async (
  session: DuckdbSession,
  { every, columns, keys }: AlignedVersions,
  { kind, limit, fromEnd, after, before }: Omit<ChangesRequest, 'earlier'>,
): Promise<Pair[]> => {
  const isSameContent = columns.map((column) => `every.${column} is not distinct from contents.${column}`);
  const numbers = `max(r) filter (sign < 0) as earlier, max(r) filter (sign > 0) as later`;
  const pairs =
    keys.length === 0
      ? `select ${numbers} from excess group by sign, r`
      : `select ${numbers} from
          (select *, row_number() over (partition by ${keys.join(', ')}, sign order by r) as place from excess)
          ${grouping([...keys, 'place'])}`;
  const at = kind === 'REMOVED' ? 'earlier' : 'later';
  const isOfKind = {
    ADDED: 'earlier is null',
    REMOVED: 'later is null',
    CHANGED: 'earlier is not null and later is not null',
  }[kind];
  const conditions = [isOfKind, after === null ? [] : `${at} > ${after}`, before === null ? [] : `${at} < ${before}`];
  const sql = `with every as (${every}),
    contents as (select ${[...columns, 'sum(sign)::BIGINT as more'].join(', ')} from every ${grouping(columns)}
      having sum(sign) <> 0),
    excess as (select every.*, more from every join contents on ${['sign = sign(more)', ...isSameContent].join(' and ')}
      qualify row_number() over (partition by ${[...columns.map((column) => `every.${column}`), 'sign'].join(', ')} order by r desc)
        <= abs(more)),
    pairs as (${pairs})
    select earlier, later from pairs where ${conditions.flat().join(' and ')}
    order by ${at} ${fromEnd ? 'desc' : 'asc'} limit ${limit + 1}`;
  const numberOf = (value: unknown): number | null => (value === null || value === undefined ? null : Number(value));
  return (await session.rows(sql)).map(([lost, gained]) => ({ earlier: numberOf(lost), later: numberOf(gained) }));
};

/** For each pair the names of the columns in which its rows differ. */
const changedColumns = async (
  session: DuckdbSession,
  { names, columns, only }: AlignedVersions,
  pairs: readonly Pair[],
): Promise<string[][]> => {
  if (pairs.length === 0) return [];
  const values = pairs.map(({ earlier, later }, index) => `(${index}, ${earlier}, ${later})`).join(', ');
  const isChanged = columns.map((column) => `e.${column} is distinct from l.${column}`).join(', ');
  const sql = `with pairs(place, earlier, later) as (values ${values}),
    e as (${only('earlier', numbersOf(pairs, 'earlier'))}), l as (${only('later', numbersOf(pairs, 'later'))})
    select [${isChanged}] from pairs join e on e.r = pairs.earlier join l on l.r = pairs.later order by place`;
  return (await session.rows(sql)).map(([list]) => {
    const { items } = list as { readonly items: readonly boolean[] };
    return names.filter((_name, index) => items[index] === true);
  });
};
