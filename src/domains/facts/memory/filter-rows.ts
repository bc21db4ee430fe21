import type { CodedRows } from '../../../indices/coded-rows.ts';
import { spanOf, type TimeSpan } from '../../../lib/time-range.ts';
import type { DimensionName } from '../dimensions.ts';
import { type FactFilter, lists } from '../filter.ts';
import type { CodedDimensionOf, CodedDimensions } from './coded-dimensions.ts';
import type { FactColumns } from './columns.ts';
import type { EnrichedFacts } from './enrichment.ts';
import { splitFilter } from './filter-parts.ts';
import {
  allOf,
  anyOf,
  blockRows,
  everyRow,
  FilterBuffers,
  inSpan,
  noneOf,
  type RowFilter,
  withAmount,
  withCodes,
  withListed,
} from './row-filter.ts';

/** The parts of facts that a filter reads. */
interface FilterableFacts {
  readonly columns: FactColumns;
  readonly dimensions: CodedDimensions;
}

/** The time of the facts of a filter, among the first `rows`. */
export const rangeOf = (filter: FactFilter, columns: FactColumns, rows: number, timeZone: string): TimeSpan => {
  const { range } = filter;
  if (!range) return {};
  // Of earlier rows the newest costs a scan.
  return spanOf(range, timeZone, range.last ? columns.newestUsOf(rows) : 0);
};

/** The groups of rows by some dimensions. */
export interface KnownGroups {
  readonly names: readonly DimensionName[];
  /** The group of each row. */
  readonly rows: CodedRows;
  readonly groups: number;
  /** The codes of the groups in one of the dimensions. */
  rowsBy(name: DimensionName): CodedRows;
}

/** What a filter is read with: days begin in `timeZone`. */
export interface FilterReading {
  readonly enriched: EnrichedFacts;
  readonly timeZone: string;
  /** Conditions on dimensions are tried on groups, if they are known. */
  readonly known?: KnownGroups | undefined;
}

/** The filter of rows by a filter that `checkFilter` accepts; undefined when every row passes. */
export const rowFilterOf = (
  filter: FactFilter | null | undefined,
  facts: FilterableFacts,
  { known, ...reading }: FilterReading,
): RowFilter | undefined => {
  const buffers = new FilterBuffers();
  const filterOf = (part: FactFilter): RowFilter | undefined => {
    const { ofDimensions, rest } = known ? splitFilter(part, known.names) : { ofDimensions: undefined, rest: part };
    const filters = [...ownFilters(rest, { ...facts, ...reading, buffers })];
    if (known && ofDimensions)
      filters.push(withListed(known.rows, acceptedGroups(ofDimensions, facts, { ...reading, known }), buffers));
    const nested = (inner: FactFilter): RowFilter => filterOf(inner) ?? everyRow;
    for (const inner of rest.and ?? []) filters.push(nested(inner));
    if (rest.or) filters.push(anyOf(rest.or.map(nested)));
    if (rest.not) filters.push(noneOf(nested(rest.not)));
    return filters.length === 0 ? undefined : allOf(filters);
  };
  return filter ? filterOf(filter) : undefined;
};

/** By group, 1 if its rows pass a filter that has conditions on the dimensions of groups only, otherwise 0. */
export const acceptedGroups = (
  filter: FactFilter,
  { columns, dimensions }: FilterableFacts,
  { known, ...reading }: FilterReading & { readonly known: KnownGroups },
): Uint8Array => {
  const ofGroups = Object.fromEntries(
    Object.entries(dimensions).map(([name, dimensionOf]): [string, CodedDimensionOf] => [
      name,
      (enriched, options) => ({ ...dimensionOf(enriched, options), ...known.rowsBy(name as DimensionName) }),
    ]),
  );
  const ofRows = rowFilterOf(filter, { columns, dimensions: ofGroups }, reading);
  const accepted = new Uint8Array(known.groups).fill(1);
  const block = new Uint32Array(blockRows);
  for (let from = 0; from < accepted.length; from += blockRows) {
    block[0] = from;
    const marks = accepted.subarray(from, from + blockRows);
    ofRows?.mark(block.subarray(0, marks.length), marks, 'RUN');
  }
  return accepted;
};

interface FilterContext extends FilterableFacts, Omit<FilterReading, 'known'> {
  readonly buffers: FilterBuffers;
}

/** The conditions of a filter itself, without those of the filters in it. */
function* ownFilters(
  filter: FactFilter,
  { columns, dimensions, enriched, timeZone, buffers }: FilterContext,
): Generator<RowFilter> {
  const span = rangeOf(filter, columns, enriched.rows, timeZone);
  if (span.fromUs !== undefined || span.toUs !== undefined) yield inSpan(columns, span, buffers);
  for (const [list, name] of lists) {
    const [values, dimensionOf] = [filter[list], dimensions[name]];
    if (!values || !dimensionOf) continue;
    const coded = dimensionOf(enriched, { timeZone });
    const codes = new Set(values.map(coded.codeFor).filter((code) => code !== undefined));
    yield withCodes(coded, codes, buffers, coded.codes);
  }
  const { hasImage, amountAtLeast, amountAtMost } = filter;
  const image = hasImage == null ? undefined : dimensions.HAS_IMAGE?.(enriched, { timeZone });
  if (image) yield withCodes(image, new Set([Number(hasImage)]), buffers, image.codes);
  if (amountAtLeast || amountAtMost)
    yield withAmount(columns, { atLeast: amountAtLeast, atMost: amountAtMost }, buffers);
}
