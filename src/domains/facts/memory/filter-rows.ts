import { spanOf, type TimeSpan } from '../../../lib/time-range.ts';
import { type FactFilter, lists } from '../filter.ts';
import type { CodedDimensions } from './coded-dimensions.ts';
import type { FactColumns } from './columns.ts';
import type { EnrichedFacts } from './enrichment.ts';
import {
  allOf,
  anyOf,
  everyRow,
  FilterBuffers,
  inSpan,
  noneOf,
  type RowFilter,
  withAmount,
  withCodes,
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

/** The filter of rows by a filter that `checkFilter` accepts; undefined when every row passes. Days begin in `timeZone`. */
export const rowFilterOf = (
  filter: FactFilter | null | undefined,
  facts: FilterableFacts,
  enriched: EnrichedFacts,
  timeZone: string,
): RowFilter | undefined => {
  const buffers = new FilterBuffers();
  const filterOf = (part: FactFilter): RowFilter | undefined => {
    const filters = [...ownFilters(part, { ...facts, enriched, timeZone, buffers })];
    const nested = (inner: FactFilter): RowFilter => filterOf(inner) ?? everyRow;
    for (const inner of part.and ?? []) filters.push(nested(inner));
    if (part.or) filters.push(anyOf(part.or.map(nested)));
    if (part.not) filters.push(noneOf(nested(part.not)));
    return filters.length === 0 ? undefined : allOf(filters);
  };
  return filter ? filterOf(filter) : undefined;
};

interface FilterContext extends FilterableFacts {
  readonly enriched: EnrichedFacts;
  readonly timeZone: string;
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
