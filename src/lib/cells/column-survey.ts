import type { ColumnPlan, FileHints, FixedType } from '../column.ts';
import type { ValueOptions } from '../import-options.ts';
import { CellScanner } from './cell-scanner.ts';
import { exactFloat } from './float-number.ts';
import { kindCount, kinds } from './kinds.ts';
import { plainNumber } from './number-form.ts';
import { type ColumnStatistics, planColumn } from './plan-column.ts';
import { Spellings, type SpellingsSeen } from './spellings.ts';

const doubleDigits = 15;

const currenciesMax = 5;

/** So many long numbers are compared with their doubles before a number with an exponent was seen. */
const comparedMax = 1000;

/** What a survey has seen of some rows, as it can be sent to another thread. */
export interface SurveySeen
  extends Pick<
    ColumnSurvey,
    | 'counts'
    | 'wholeMax'
    | 'scaleMax'
    | 'dayFirst'
    | 'monthFirst'
    | 'eitherOrder'
    | 'datesWithPoints'
    | 'openDate'
    | 'inexact'
    | 'percents'
    | 'groupsMin'
    | 'groupsMax'
    | 'haveFullGroups'
  > {
  readonly spellings: SpellingsSeen;
  readonly currencies: readonly string[];
  readonly compared: number;
}

/**
 * Sees every cell of a column and then plans how the column is read. `add` scans a cell; a `CellReader` with this survey
 * adds the cells that it reads, in the same scan.
 */
export class ColumnSurvey implements ColumnStatistics {
  readonly options: ValueOptions;
  readonly fixed: FixedType | null;
  readonly counts = new Float64Array(kindCount);
  readonly wholeMax = new Int32Array(kindCount);
  readonly scaleMax = new Int32Array(kindCount);
  readonly spellings = new Spellings();
  /** Dates in digits that are a date only in one of the two orders, and those that are one in both. */
  dayFirst = 0;
  monthFirst = 0;
  eitherOrder = 0;
  datesWithPoints = 0;
  /** An example of a date whose order is not certain. */
  openDate = '';
  /** Long numbers that a double does not hold. */
  inexact = 0;
  percents = 0;
  readonly currencies = new Set<string>();
  /** The least and greatest number of groups of numbers like `1 234`, and whether all of them begin with three digits. */
  groupsMin = 99;
  groupsMax = 0;
  haveFullGroups = true;
  readonly #scanner: CellScanner;
  readonly #isExplicit: boolean;
  #compared = 0;

  constructor(options: ValueOptions = {}, fixed: FixedType | null = null) {
    this.options = options;
    this.fixed = fixed;
    this.#isExplicit = fixed?.isExplicit ?? false;
    const nullMarkers = options.nullMarkers ?? null;
    this.#scanner = new CellScanner({ nullMarkers, dateOrder: null, isExplicit: this.#isExplicit });
  }

  add(text: string): void {
    this.count(this.#scanner.scan(text), this.#scanner, text);
  }

  /** Adds a cell that a scanner has just scanned. */
  count(kind: number, scanner: CellScanner, text: string): void {
    this.counts[kind] = (this.counts[kind] as number) + 1;
    if (kind < kinds.integer || kind > kinds.digitDateTime) return;
    if (kind <= kinds.code) this.#countNumber(kind, scanner);
    else if (kind === kinds.digitDate || kind === kinds.digitDateTime) this.#countDigitDate(scanner, text);
  }

  /**
   * Adds a cell whose kind its bytes show. Returns false, and adds nothing, when the survey needs the text of the cell: then
   * a scanner of texts adds it.
   */
  countPlain(kind: number, { whole, scale }: Pick<CellScanner, 'whole' | 'scale'>, endsInZero: boolean): boolean {
    if (kind >= kinds.integer && kind <= kinds.comma3) {
      if (this.#isExplicit || (whole + scale > doubleDigits && this.#mustCompare())) return false;
      if ((kind === kinds.point || kind === kinds.point3) && !this.spellings.addScale(scale, endsInZero)) return false;
      if (whole > (this.wholeMax[kind] as number)) this.wholeMax[kind] = whole;
      if (scale > (this.scaleMax[kind] as number)) this.scaleMax[kind] = scale;
    }
    this.counts[kind] = (this.counts[kind] as number) + 1;
    return true;
  }

  #countNumber(kind: number, scanner: CellScanner): void {
    const { whole, scale } = scanner;
    if (whole > (this.wholeMax[kind] as number)) this.wholeMax[kind] = whole;
    if (scale > (this.scaleMax[kind] as number)) this.scaleMax[kind] = scale;
    if (kind === kinds.integer && whole <= doubleDigits && !this.#isExplicit) return;
    if (kind <= kinds.point3 && kind !== kinds.integer && scanner.isPlain)
      this.spellings.add(scanner.body, whole, scale);
    if (kind >= kinds.float ? scanner.number.mayBeInexact : whole + scale > doubleDigits) this.#compare(kind, scanner);
    if (kind === kinds.grouped) {
      const { groups, isFirstGroupFull } = scanner.number;
      this.groupsMin = Math.min(this.groupsMin, groups);
      this.groupsMax = Math.max(this.groupsMax, groups);
      if (!isFirstGroupFull) this.haveFullGroups = false;
    }
    if (this.#isExplicit && !scanner.isPlain) {
      if (scanner.hasPercent) this.percents += 1;
      if (scanner.currency !== '' && this.currencies.size < currenciesMax) this.currencies.add(scanner.currency);
    }
  }

  /** Counts numbers that a double would change. Columns without exponents do not need to know, so few are compared there. */
  #compare(kind: number, { body }: CellScanner): void {
    if (kind > kinds.floatComma) return;
    this.#compared += 1;
    if (!this.#mustCompare()) return;
    const hasComma = kind === kinds.floatComma || kind === kinds.comma || kind === kinds.comma3;
    if (exactFloat(plainNumber(body, hasComma ? ',' : '.')) === undefined) this.inexact += 1;
  }

  #mustCompare(): boolean {
    const hasFloats = (this.counts[kinds.float] as number) + (this.counts[kinds.floatComma] as number) > 0;
    return hasFloats || this.#compared <= comparedMax;
  }

  #countDigitDate({ time }: CellScanner, text: string): void {
    const { canBeDayFirst, canBeMonthFirst, hasPoints } = time.date;
    if (hasPoints) this.datesWithPoints += 1;
    if (canBeDayFirst && canBeMonthFirst) {
      this.eitherOrder += 1;
      if (this.openDate === '') this.openDate = text;
    } else if (canBeDayFirst) this.dayFirst += 1;
    else if (canBeMonthFirst) this.monthFirst += 1;
  }

  get seen(): SurveySeen {
    const { counts, wholeMax, scaleMax, dayFirst, monthFirst, eitherOrder, datesWithPoints, openDate } = this;
    const { inexact, percents, groupsMin, groupsMax, haveFullGroups } = this;
    return {
      ...{ counts, wholeMax, scaleMax, dayFirst, monthFirst, eitherOrder, datesWithPoints, openDate },
      ...{ inexact, percents, groupsMin, groupsMax, haveFullGroups },
      spellings: this.spellings.seen,
      currencies: [...this.currencies],
      compared: this.#compared,
    };
  }

  /** Adds what another survey of the column has seen in rows that come after those of this one. */
  merge(other: SurveySeen): void {
    for (let kind = 0; kind < kindCount; kind += 1) {
      this.counts[kind] = (this.counts[kind] as number) + (other.counts[kind] as number);
      this.wholeMax[kind] = Math.max(this.wholeMax[kind] as number, other.wholeMax[kind] as number);
      this.scaleMax[kind] = Math.max(this.scaleMax[kind] as number, other.scaleMax[kind] as number);
    }
    this.spellings.merge(other.spellings);
    this.dayFirst += other.dayFirst;
    this.monthFirst += other.monthFirst;
    this.eitherOrder += other.eitherOrder;
    this.datesWithPoints += other.datesWithPoints;
    if (this.openDate === '') this.openDate = other.openDate;
    this.inexact += other.inexact;
    this.percents += other.percents;
    for (const currency of other.currencies) if (this.currencies.size < currenciesMax) this.currencies.add(currency);
    this.groupsMin = Math.min(this.groupsMin, other.groupsMin);
    this.groupsMax = Math.max(this.groupsMax, other.groupsMax);
    this.haveFullGroups &&= other.haveFullGroups;
    this.#compared += other.compared;
  }

  plan(hints: FileHints = {}): ColumnPlan {
    return planColumn(this, hints);
  }
}
