import {
  type ColumnPlan,
  type ColumnReading,
  type ColumnType,
  exactDigitsMax,
  type FileHints,
  type FixedType,
} from '../column.ts';
import type { DateOrder, ValueOptions } from '../import-options.ts';
import { kinds } from './kinds.ts';
import { markerTexts } from './markers.ts';
import { groupSigns, numberGroups } from './number-kinds.ts';

/** What a survey has counted in a column. */
export interface ColumnStatistics {
  readonly options: ValueOptions;
  readonly fixed: FixedType | null;
  readonly counts: Float64Array;
  readonly wholeMax: Int32Array;
  readonly scaleMax: Int32Array;
  readonly spellings: { readonly areVersions: boolean };
  readonly dayFirst: number;
  readonly monthFirst: number;
  readonly eitherOrder: number;
  readonly datesWithPoints: number;
  readonly openDate: string;
  readonly inexact: number;
  readonly percents: number;
  readonly currencies: ReadonlySet<string>;
  readonly groupsMin: number;
  readonly groupsMax: number;
  readonly haveFullGroups: boolean;
}

/** The share of cells that must fit a type for the column to have it; the other cells become misfits. */
const fittingShareMin = 0.9;
/** From this share on, texts such as `14a` show that the column holds codes. */
const codeLikeShareMin = 0.01;
/** The greatest share of numbers that a double would change for a column to be FLOAT. */
const inexactShareMax = 0.01;
/** The greatest share of dates in the other order for the dates to have one order at all. */
const otherOrderShareMax = 0.01;

const numericTypes: ReadonlySet<ColumnType> = new Set(['INTEGER', 'DECIMAL', 'FLOAT']);

const sumOf = (counts: Float64Array, ofKinds: readonly number[]): number =>
  ofKinds.reduce((sum, kind) => sum + (counts[kind] as number), 0);

/** Cells that have a value, if markers stand for missing values. */
const valueCount = ({ counts }: ColumnStatistics): number => {
  let total = 0;
  for (let kind: number = kinds.integer; kind < counts.length; kind += 1) total += counts[kind] as number;
  return total;
};

/** Whether nearly all cells are numbers in one or the other reading. */
const isNumeric = (column: ColumnStatistics): boolean => {
  let numbers = 0;
  for (let kind: number = kinds.integer; kind <= kinds.floatComma; kind += 1) numbers += column.counts[kind] as number;
  return numbers >= valueCount(column) * fittingShareMin;
};

/** The decimal sign that the numbers of a column show; null when they leave it open or are few. */
export const decimalShown = (column: ColumnStatistics): '.' | ',' | null => {
  const { point, comma } = decimalEvidence(column);
  return point === comma || !isNumeric(column) ? null : point > comma ? '.' : ',';
};

/** Cells that only a decimal point, or only a decimal comma, makes numbers. */
export const decimalEvidence = ({ counts }: ColumnStatistics): { readonly point: number; readonly comma: number } => ({
  point: sumOf(counts, [kinds.point, kinds.commas, kinds.commaPoint, kinds.groupedPoint]),
  comma: sumOf(counts, [kinds.comma, kinds.points, kinds.pointComma, kinds.groupedComma, kinds.floatComma]),
});

/** The decimal sign of a column: as stated, as most of its numbers need it, as the file has it, or the point. */
const decimalOf = (column: ColumnStatistics, hints: FileHints): '.' | ',' => {
  const { counts, fixed, options } = column;
  if (options.decimal !== undefined) return options.decimal;
  const { point, comma } = decimalEvidence(column);
  if (point !== comma) return point > comma ? '.' : ',';
  // In a column that is stated to have whole numbers, `1.234` has a thousands sign.
  if (fixed?.isExplicit && fixed.type === 'INTEGER' && point === 0 && counts[kinds.point3] !== counts[kinds.comma3])
    return (counts[kinds.point3] as number) > (counts[kinds.comma3] as number) ? ',' : '.';
  if (hints.decimal !== undefined) return hints.decimal;
  // `1,234` alone is a thousand, except where semicolons separate cells because the comma is the decimal sign.
  return hints.delimiter === ';' && counts[kinds.comma3] && !counts[kinds.point3] ? ',' : '.';
};

/**
 * Whether nothing says if `1.234` is a thousand: semicolons separate the cells, as in countries with a decimal comma, and no
 * number of the file shows its decimal sign. A number of four digits without a sign shows that thousands are not grouped.
 */
const isPointOpen = (column: ColumnStatistics, hints: FileHints): boolean => {
  const { point, comma } = decimalEvidence(column);
  const isUndecided = column.options.decimal === undefined && hints.decimal === undefined && point === comma;
  const isInteger = column.fixed?.isExplicit === true && column.fixed.type === 'INTEGER';
  const { counts, wholeMax } = column;
  const hasLongNumbers = (wholeMax[kinds.integer] as number) > 3;
  return (
    isUndecided && !isInteger && hints.delimiter === ';' && (counts[kinds.point3] as number) > 0 && !hasLongNumbers
  );
};

/** The signs that group digits: not the one that some cells have as a decimal sign, unless the other one is stated. */
const thousandsOf = (column: ColumnStatistics, decimal: '.' | ','): string => {
  const { point, comma } = decimalEvidence(column);
  const against = decimal === '.' ? comma : point;
  return against > 0 && column.options.decimal === undefined ? groupSigns : (decimal === '.' ? ',' : '.') + groupSigns;
};

/** The order of dates in digits: null when there are none, or when their order is not certain. */
export const dateOrderOf = (column: ColumnStatistics, hints: FileHints = {}): DateOrder | null => {
  const { dayFirst, monthFirst, eitherOrder, datesWithPoints } = column;
  const total = dayFirst + monthFirst + eitherOrder;
  if (column.options.dateOrder !== undefined) return column.options.dateOrder;
  if (total === 0) return null;
  if (Math.min(dayFirst, monthFirst) > total * otherOrderShareMax) return null;
  if (dayFirst !== monthFirst) return dayFirst > monthFirst ? 'DMY' : 'MDY';
  // Dates with points are written with the day first everywhere.
  return datesWithPoints === total ? 'DMY' : (hints.dateOrder ?? null);
};

const hasOnlyMarkers = (column: ColumnStatistics): boolean =>
  column.fixed === null && (column.counts[kinds.weakMarker] as number) > 0 && valueCount(column) === 0;

const readingOf = (column: ColumnStatistics, hints: FileHints): ColumnReading => {
  const decimal = decimalOf(column, hints);
  return {
    decimal,
    thousands: thousandsOf(column, decimal),
    dateOrder: dateOrderOf(column, hints),
    // Where nothing else is written, `NA` is no word.
    nullMarkers: column.options.nullMarkers ?? (hasOnlyMarkers(column) ? markerTexts : null),
    notes: [],
  };
};

interface NumberFacts {
  /** Cells that are numbers in the reading. */
  readonly count: number;
  readonly floats: number;
  /** The most digits before and after the decimal sign. */
  readonly whole: number;
  readonly scale: number;
}

const numberFactsOf = (column: ColumnStatistics, { decimal, thousands }: ColumnReading): NumberFacts => {
  const { counts, wholeMax, scaleMax, fixed } = column;
  const groups = numberGroups[decimal];
  const isExplicit = fixed?.isExplicit ?? false;
  const other = decimal === '.' ? ',' : '.';
  const exact: number[] = [...groups.plain, ...groups.grouped];
  if (thousands.includes(other)) exact.push(...groups.thousands);
  if (isExplicit) exact.push(kinds.code, kinds.exponentCode, ...groups.float);
  const floats = sumOf(counts, groups.float);
  let [whole, scale] = [0, 0];
  for (const kind of exact) {
    const isGrouped = kind === (decimal === '.' ? kinds.comma3 : kinds.point3);
    whole = Math.max(whole, (wholeMax[kind] as number) + (isGrouped && counts[kind] ? 3 : 0));
    if (!isGrouped) scale = Math.max(scale, scaleMax[kind] as number);
  }
  const codes = floats > 0 && !isExplicit ? (counts[kinds.exponentCode] as number) : 0;
  return { count: sumOf(counts, exact) + codes + (isExplicit ? 0 : floats), floats, whole, scale };
};

/** Whether cells of the column show that its digits are identifiers rather than numbers. */
const holdsCodes = (column: ColumnStatistics, numbers: NumberFacts, decimal: '.' | ','): boolean => {
  const { counts } = column;
  const total = valueCount(column);
  // A single 0042 shows it.
  if (counts[kinds.code] || (counts[kinds.exponentCode] && numbers.floats === 0)) return true;
  if ((counts[kinds.codeLike] as number) > total * codeLikeShareMin) return true;
  if (decimal === '.' && column.spellings.areVersions) return true;
  const grouped = counts[kinds.grouped] as number;
  // `555 123 456` is a telephone number when all cells have that form.
  if (grouped > 0 && grouped === numbers.count && column.haveFullGroups && column.groupsMin === column.groupsMax)
    return column.groupsMin > 2;
  // `1.`, `2.`, `3.` are labels.
  const decimals = sumOf(counts, numberGroups[decimal].plain) - (counts[kinds.integer] as number);
  return decimals > 0 && numbers.scale === 0 && decimals === (counts[decimal === '.' ? kinds.point : kinds.comma] ?? 0);
};

const numericType = (column: ColumnStatistics, numbers: NumberFacts): ColumnType => {
  if (numbers.floats > 0) return column.inexact > numbers.count * inexactShareMax ? 'STRING' : 'FLOAT';
  if (numbers.whole + numbers.scale > exactDigitsMax) return 'STRING';
  return numbers.scale > 0 ? 'DECIMAL' : 'INTEGER';
};

/** The narrowest type that nearly all cells fit. */
const inferredType = (column: ColumnStatistics, reading: ColumnReading, numbers: NumberFacts): ColumnType => {
  const { counts } = column;
  const total = valueCount(column);
  const fits = (count: number): boolean => total > 0 && count >= total * fittingShareMin;
  if (fits(numbers.count) && !holdsCodes(column, numbers, reading.decimal)) return numericType(column, numbers);
  if (fits(counts[kinds.boolean] as number)) return 'BOOLEAN';
  const hasOrder = reading.dateOrder !== null;
  const dates = (counts[kinds.date] as number) + (hasOrder ? (counts[kinds.digitDate] as number) : 0);
  const times = (counts[kinds.dateTime] as number) + (hasOrder ? (counts[kinds.digitDateTime] as number) : 0);
  if (fits(dates)) return 'DATE';
  if (fits(dates + times)) return 'DATE_TIME';
  return fits(counts[kinds.list] as number) ? 'STRING_LIST' : 'STRING';
};

const notesOf = (column: ColumnStatistics, type: ColumnType, reading: ColumnReading): string[] => {
  const notes: string[] = [];
  if (column.percents > 0) notes.push(`per cent are kept as written: 12 % is 12 (cells with %: ${column.percents})`);
  if (column.currencies.size > 0) {
    const list = [...column.currencies].join(', ');
    const mixed = column.currencies.size > 1 ? '; amounts in different currencies are not converted' : '';
    notes.push(`amounts are stored without their currency (${list})${mixed}`);
  }
  const mayBeDate = type === 'STRING' || type === 'DATE' || type === 'DATE_TIME';
  if (mayBeDate && reading.dateOrder === null) {
    if (column.dayFirst > 0 && column.monthFirst > 0)
      notes.push('some dates begin with the day and some with the month, so that none of them is read');
    else if (column.openDate !== '')
      notes.push(`it is not certain whether ${column.openDate} begins with the day or the month: state dateOrder`);
  }
  return notes;
};

/** The plan of a column of which every cell was seen. Hints decide what the column itself leaves open. */
export const planColumn = (column: ColumnStatistics, hints: FileHints): ColumnPlan => {
  const { fixed } = column;
  const reading = readingOf(column, hints);
  const numbers = numberFactsOf(column, reading);
  const inferred = inferredType(column, reading, numbers);
  const isOpen = isPointOpen(column, hints) && numericTypes.has(fixed?.type ?? inferred);
  const type = fixed?.type ?? (isOpen ? 'STRING' : inferred);
  const notes = notesOf(column, type, reading);
  if (isOpen) notes.push('it is not certain whether 1.234 is a decimal or a thousand in this column: state decimal');
  const whole = Math.min(Math.max(numbers.whole, 1), exactDigitsMax);
  const scale = type === 'DECIMAL' ? Math.min(numbers.scale, exactDigitsMax - whole) : 0;
  return {
    type,
    precision: type === 'DECIMAL' || type === 'INTEGER' ? whole + scale : 0,
    scale,
    isExplicit: fixed?.isExplicit ?? false,
    reading: { ...reading, notes },
  };
};
