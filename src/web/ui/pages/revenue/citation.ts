import { dimensions, labelOfCell } from './dimensions.ts';
import { filterInfos, wordsOf } from './filters.ts';
import type { PivotRequest } from './load-pivot.ts';
import { measures, unitOf } from './measures.ts';
import type { Cell, Filter } from './search.ts';

interface CitedFigure {
  readonly request: PivotRequest;
  readonly filters: readonly Filter[];
  /** Undefined for the page as a whole. */
  readonly cell: Cell;
  /** As it is written on the page. */
  readonly figure: string;
}

const whenOf = ({ asOf }: PivotRequest): string =>
  asOf?.validAt === undefined ? 'by what was true at the time of each fact' : `by what was true at ${asOf.validAt}`;

/** What is cited: title, figure and filters, a line each. */
export const citationText = ({ request, filters, cell, figure }: CitedFigure): string => {
  const { source, rows, columns, measure, grain, timeZone } = request;
  const what = source === 'TRANSACTIONS' ? 'purchases' : 'events';
  const by = [rows, ...(columns ? [columns] : [])].map((name) => dimensions[name].label.toLowerCase()).join(' and ');
  const unit = unitOf(measure, source);
  return [
    `${measures[measure].label} of ${what} by ${by}, ${whenOf(request)}`,
    `${labelOfCell(cell, grain, timeZone)}: ${figure}${unit === '' ? '' : ` (${unit})`}`,
    `Filters: ${filters.length === 0 ? 'none' : filters.map((filter) => `${filterInfos[filter.field].label} ${wordsOf(filter)}`).join('; ')}`,
  ].join('\n');
};
