import type { DimensionName } from '../../src/domains/facts/dimensions.ts';
import { type FactFilter, lists } from '../../src/domains/facts/filter.ts';
import { microsOf } from '../../src/lib/decimal.ts';
import { spanOf } from '../../src/lib/time-range.ts';
import { columnOf } from './enriched.ts';
import { amountLiteral, integerLiteral, textList } from './literals.ts';

/** What conditions on time mean. */
export interface FilterTimes {
  readonly timeZone: string;
  /** The latest time of the facts, microseconds. */
  readonly newestUs: number;
}

/** The condition of a filter over `enrichedFacts`; it is never NULL, so that it can be negated. */
export const conditionOf = (filter: FactFilter | null | undefined, times: FilterTimes): string => {
  if (!filter) return '1';
  const { range, hasImage, amountAtLeast, amountAtMost, and, or, not } = filter;
  const span = range ? spanOf(range, times.timeZone, times.newestUs) : {};
  const conditions: string[] = [];
  if (span.fromUs !== undefined) conditions.push(`occurred_at_us >= ${integerLiteral(span.fromUs)}`);
  if (span.toUs !== undefined) conditions.push(`occurred_at_us < ${integerLiteral(span.toUs)}`);
  for (const [list, dimension] of lists) {
    const values = filter[list];
    if (values) conditions.push(values.length === 0 ? '0' : `${columnOf(dimension)} IN (${textList(values)})`);
  }
  if (hasImage != null) conditions.push(`${columnOf('HAS_IMAGE')} = ${Number(hasImage)}`);
  if (amountAtLeast) conditions.push(`ifNull(amount >= ${amountLiteral(microsOf(amountAtLeast))}, 0)`);
  if (amountAtMost) conditions.push(`ifNull(amount <= ${amountLiteral(microsOf(amountAtMost))}, 0)`);
  for (const inner of and ?? []) conditions.push(conditionOf(inner, times));
  if (or) conditions.push(or.length === 0 ? '0' : or.map((inner) => conditionOf(inner, times)).join(' OR '));
  if (not) conditions.push(`NOT ${conditionOf(not, times)}`);
  if (conditions.length === 0) return '1';
  return `(${conditions.map((condition) => `(${condition})`).join(' AND ')})`;
};

/** The dimensions that a filter reads. */
export const dimensionsIn = (filter: FactFilter | null | undefined): Set<DimensionName> => {
  const found = new Set<DimensionName>();
  const visit = (part: FactFilter): void => {
    for (const [list, dimension] of lists) if (part[list]) found.add(dimension);
    if (part.hasImage != null) found.add('HAS_IMAGE');
    for (const inner of [...(part.and ?? []), ...(part.or ?? []), ...(part.not ? [part.not] : [])]) visit(inner);
  };
  if (filter) visit(filter);
  return found;
};

/** Whether the filter, or a part of it, ends with the newest fact. */
export const needsNewest = (filter: FactFilter | null | undefined): boolean =>
  !!filter &&
  (!!filter.range?.last || [...(filter.and ?? []), ...(filter.or ?? []), filter.not].some((part) => needsNewest(part)));
