import { type FigureValue, formatFigure, formatShare, toNumber } from '../../format/numbers.ts';
import type { GroupFiguresFragment, Measure } from '../../generated/graphql.ts';
import type { MeasureName, Source } from './search.ts';

/** The measures of a group as they were requested. */
export type Figures = GroupFiguresFragment;

interface MeasureInfo {
  readonly label: string;
  /** The order of groups by it. */
  readonly orderBy: Measure;
  /** Null where there is none, such as a median without amounts. */
  valueIn(figures: Figures, total: Figures): FigureValue;
  format(value: FigureValue): string;
}

const own = (label: string, orderBy: Measure, name: Exclude<MeasureName, 'share'>): MeasureInfo => ({
  label,
  orderBy,
  valueIn: (figures) => figures[name] ?? null,
  format: (value) => formatFigure(value),
});

export const measures: Readonly<Record<MeasureName, MeasureInfo>> = {
  sum: own('Sum', 'SUM', 'sum'),
  count: own('Count', 'COUNT', 'count'),
  distinctUsers: own('Users', 'DISTINCT_USERS', 'distinctUsers'),
  average: own('Average', 'AVERAGE', 'average'),
  median: own('Median', 'MEDIAN', 'median'),
  min: own('Least', 'MIN', 'min'),
  max: own('Greatest', 'MAX', 'max'),
  share: {
    label: 'Share of sum',
    orderBy: 'SUM',
    valueIn: ({ sum }, total) => {
      const [part, whole] = [toNumber(sum), toNumber(total.sum)];
      return part === null || whole === null || whole === 0 ? null : part / whole;
    },
    format: (value) => formatShare(toNumber(value)),
  },
};

/** The unit of a measure: no currency is known, so none is written. */
export const unitOf = (measure: MeasureName, source: Source): string => {
  if (measure === 'count') return source === 'TRANSACTIONS' ? 'purchases' : 'events';
  if (measure === 'distinctUsers') return 'users';
  return measure === 'share' ? '' : 'in the currency of the source';
};

/** Which of the measures that cost extra are computed. */
export const requestedMeasures = (measure: MeasureName) => ({
  average: measure === 'average',
  median: measure === 'median',
  min: measure === 'min',
  max: measure === 'max',
  distinctUsers: measure === 'distinctUsers',
});
