import { type ColumnPlan, exactDigitsMax } from '../column.ts';
import { CellScanner } from './cell-scanner.ts';
import type { ColumnSurvey } from './column-survey.ts';
import { daysOfDate } from './date-form.ts';
import { kinds } from './kinds.ts';
import { exactFloat, expandExponent, plainNumber } from './number-form.ts';
import { numberKinds } from './number-kinds.ts';

const looseBooleans: Readonly<Record<string, string>> = {
  ...{ '1': 'true', yes: 'true', y: 'true', t: 'true', on: 'true', true: 'true' },
  ...{ '0': 'false', no: 'false', n: 'false', f: 'false', off: 'false', false: 'false' },
};

/** Digits that a double holds without a check. */
const doubleDigits = 15;

/**
 * Reads the cells of a column by its plan. The canonical text of a value is what DuckDB casts to the type of the column:
 * `-12`, `1250.00`, `1.5e-7`, `true`, `2024-12-31`, `2024-12-31 10:00:00.5` (UTC), `["a","b"]`, and text as it is written.
 * Equal values may have several canonical texts (`1.5`, `1.50`); a canonical text is read as itself.
 */
export class CellReader {
  readonly #plan: ColumnPlan;
  readonly #scanner: CellScanner;
  readonly #survey: ColumnSurvey | null;
  /** Whether each kind is a number in the reading of the column. */
  readonly #isNumber: Uint8Array;
  /** Whether only missing values are to be found. */
  readonly #isPlainText: boolean;

  /**
   * With a survey every cell is also added to it, in the same scan; an INTEGER column then accepts decimals, because the
   * plan that the survey makes in the end may be DECIMAL.
   */
  constructor(plan: ColumnPlan, survey: ColumnSurvey | null = null) {
    const { nullMarkers, dateOrder } = plan.reading;
    this.#plan = plan;
    this.#isPlainText = plan.type === 'STRING' && (survey === null || plan.isExplicit);
    this.#survey = survey;
    this.#scanner = new CellScanner({ nullMarkers, dateOrder, isExplicit: plan.isExplicit });
    this.#isNumber = numberKinds(plan, survey !== null);
  }

  /** The canonical text of the value of a cell, null for a missing value, undefined for a text that does not fit. */
  read(text: string): string | null | undefined {
    const scanner = this.#scanner;
    if (this.#isPlainText) return scanner.isMissingText(text) ? null : text;
    const kind = scanner.scan(text);
    if (this.#survey !== null) this.#survey.count(kind, scanner, text);
    if (kind <= kinds.weakMarker) return this.#readMissing(text, kind);
    switch (this.#plan.type) {
      case 'STRING':
        return text;
      case 'INTEGER':
      case 'DECIMAL':
        return this.#isNumber[kind] === 1 ? this.#readNumber(text, kind) : undefined;
      case 'FLOAT':
        return this.#isNumber[kind] === 1 ? this.#readFloat(text, kind) : undefined;
      case 'BOOLEAN':
        if (kind !== kinds.boolean && !this.#plan.isExplicit) return undefined;
        return looseBooleans[text.trim().toLowerCase()];
      case 'DATE':
        return this.#readDate(text, kind);
      case 'DATE_TIME':
        return this.#readDateTime(kind);
      case 'STRING_LIST':
        if (kind === kinds.list) return JSON.stringify(scanner.items);
        return this.#plan.isExplicit ? JSON.stringify(text.split(',').map((item) => item.trim())) : undefined;
    }
  }

  #readMissing(text: string, kind: number): string | null {
    if (this.#plan.type !== 'STRING' || kind === kinds.strongMarker || text === '') return null;
    return text;
  }

  #readNumber(text: string, kind: number): string | undefined {
    const scanner = this.#scanner;
    const { type, precision, scale, isExplicit, reading } = this.#plan;
    if (scanner.isPlain) {
      if (kind === kinds.integer || (reading.decimal === '.' && kind <= kinds.point3)) {
        const fits = precision < exactDigitsMax || (scanner.scale <= scale && scanner.whole <= precision - scale);
        if (type === 'INTEGER' && isExplicit) return this.#fitted(text);
        return fits ? text : undefined;
      }
      return this.#fitted(plainNumber(text, reading.decimal));
    }
    const plain = this.#signed(plainNumber(scanner.body, reading.decimal));
    const expanded = kind >= kinds.float && kind <= kinds.exponentCode ? expandExponent(plain) : plain;
    return expanded === undefined ? undefined : this.#fitted(expanded);
  }

  #signed(plain: string): string {
    if (this.#scanner.isNegated) return `-${plain}`;
    return plain === '-0' ? '0' : plain;
  }

  /** The number if the type of the column can hold it; an INTEGER may be written with zeros behind the decimal sign. */
  #fitted(plain: string): string | undefined {
    const { type, precision, scale, isExplicit } = this.#plan;
    const point = plain.indexOf('.');
    if (type === 'INTEGER' && isExplicit && point >= 0)
      return /^0*$/.test(plain.slice(point + 1)) ? this.#fitted(plain.slice(0, point)) : undefined;
    if (precision < exactDigitsMax && plain.length <= exactDigitsMax) return plain;
    const wholeEnd = point < 0 ? plain.length : point;
    const whole = plain.slice(0, wholeEnd).replace(/^-?0*/, '').length;
    const written = point < 0 ? 0 : plain.length - point - 1;
    if (precision < exactDigitsMax) return whole + written <= exactDigitsMax ? plain : undefined;
    return written <= scale && whole <= precision - scale ? plain : undefined;
  }

  #readFloat(text: string, kind: number): string | undefined {
    const scanner = this.#scanner;
    const { decimal } = this.#plan.reading;
    const isPlain = scanner.isPlain && (kind === kinds.integer || (decimal === '.' && kind <= kinds.point3));
    if (isPlain && scanner.whole + scanner.scale <= doubleDigits) return text;
    return exactFloat(scanner.isPlain ? plainNumber(text, decimal) : this.#signed(plainNumber(scanner.body, decimal)));
  }

  #readDate(text: string, kind: number): string | undefined {
    const scanner = this.#scanner;
    if (kind === kinds.date) return scanner.isPlain ? scanner.body : scanner.time.dateText();
    if (kind === kinds.digitDate) return scanner.time.dateText();
    if (!this.#plan.isExplicit) return undefined;
    if (kind === kinds.integer) return compactDate(text.trim());
    if (kind === kinds.digitDateTime) return scanner.time.dateText();
    if (kind !== kinds.dateTime) return undefined;
    if (scanner.clockEnd === 0) return scanner.time.dateText();
    return /^00:00:00(?:\.0+)?$/.test(scanner.body.slice(11, scanner.clockEnd)) ? scanner.body.slice(0, 10) : undefined;
  }

  #readDateTime(kind: number): string | undefined {
    const scanner = this.#scanner;
    const { body, clockEnd } = scanner;
    if (kind === kinds.dateTime && clockEnd > 0)
      return scanner.isPlain ? body : `${body.slice(0, 10)} ${body.slice(11, clockEnd)}`;
    if (kind === kinds.date && scanner.isPlain) return `${body} 00:00:00`;
    return kind >= kinds.date && kind <= kinds.digitDateTime ? scanner.time.dateTimeText() : undefined;
  }
}

/** `20241231` as a date, which only a stated type makes it. */
const compactDate = (text: string): string | undefined => {
  if (text.length !== 8) return undefined;
  const [year, month, day] = [text.slice(0, 4), text.slice(4, 6), text.slice(6)];
  return daysOfDate(Number(year), Number(month), Number(day)) === null ? undefined : `${year}-${month}-${day}`;
};
