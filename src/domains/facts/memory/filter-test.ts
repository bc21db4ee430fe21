import { compareDecimals, type Decimal } from '../../../lib/decimal.ts';
import { spanOf, type TimeSpan } from '../../../lib/time-range.ts';
import { type FactFilter, lists } from '../filter.ts';
import type { CodedDimensions, CodedValues } from './coded-dimensions.ts';
import type { FactColumns } from './columns.ts';
import type { EnrichedFacts } from './enrichment.ts';

/** The parts of facts that a filter reads. */
interface FilterableFacts {
  readonly columns: FactColumns;
  readonly dimensions: CodedDimensions;
}

type Test = (row: number) => boolean;

/** The time of the facts of a filter, among the first `rows`. */
export const rangeOf = (filter: FactFilter, columns: FactColumns, rows: number, timeZone: string): TimeSpan => {
  const { range } = filter;
  if (!range) return {};
  // Of earlier rows the newest costs a scan.
  return spanOf(range, timeZone, range.last ? columns.newestUsOf(rows) : 0);
};

/** The test of a filter, which `checkFilter` accepts, on rows; undefined when every row passes. Days begin in `timeZone`. */
export const testOf = (
  filter: FactFilter | null | undefined,
  facts: FilterableFacts,
  enriched: EnrichedFacts,
  timeZone: string,
): Test | undefined => {
  if (!filter) return undefined;
  const { columns } = facts;
  const nested = (inner: FactFilter): Test => testOf(inner, facts, enriched, timeZone) ?? (() => true);
  const tests: Test[] = [];
  const span = rangeOf(filter, columns, enriched.rows, timeZone);
  const { amountAtLeast, amountAtMost } = filter;
  if (span.fromUs !== undefined) tests.push((row) => columns.occurredAtUsOf(row) >= (span.fromUs as number));
  if (span.toUs !== undefined) tests.push((row) => columns.occurredAtUsOf(row) < (span.toUs as number));
  for (const [list, name] of lists) {
    const [values, dimensionOf] = [filter[list], facts.dimensions[name]];
    if (values && dimensionOf) tests.push(among(values, dimensionOf(enriched, { timeZone })));
  }
  const { hasImage } = filter;
  const image = hasImage == null ? undefined : facts.dimensions.HAS_IMAGE?.(enriched, { timeZone });
  if (image) tests.push((row) => image.codeOf(row) === Number(hasImage));
  const amountOf = (row: number): Decimal => ({ units: columns.unitsOf(row), micros: columns.microsOf(row) });
  if (amountAtLeast) tests.push((row) => columns.hasAmount(row) && compareDecimals(amountOf(row), amountAtLeast) >= 0);
  if (amountAtMost) tests.push((row) => columns.hasAmount(row) && compareDecimals(amountOf(row), amountAtMost) <= 0);
  for (const inner of filter.and ?? []) tests.push(nested(inner));
  if (filter.or) {
    const any = filter.or.map(nested);
    tests.push((row) => any.some((test) => test(row)));
  }
  if (filter.not) {
    const no = nested(filter.not);
    tests.push((row) => !no(row));
  }
  if (tests.length <= 1) return tests[0];
  return (row) => tests.every((test) => test(row));
};

const among = (values: readonly string[], { codeOf, codeFor }: CodedValues): Test => {
  const codes = new Set(values.map(codeFor).filter((code) => code !== undefined));
  return (row) => codes.has(codeOf(row));
};
