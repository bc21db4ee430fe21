import { type ColumnPlan, exactDigitsMax } from '../column.ts';
import { ByteScanner, undecided } from './byte-scanner.ts';
import { CellScanner } from './cell-scanner.ts';
import type { ColumnSurvey } from './column-survey.ts';
import { isDate } from './date-form.ts';
import { digitsValue } from './digits.ts';
import { exactFloat, expandExponent } from './float-number.ts';
import { kindCount, kinds } from './kinds.ts';
import { plainNumber } from './number-form.ts';
import { numberKinds } from './number-kinds.ts';

const looseBooleans: Readonly<Record<string, string>> = {
  ...{ '1': 'true', yes: 'true', y: 'true', t: 'true', on: 'true', true: 'true' },
  ...{ '0': 'false', no: 'false', n: 'false', f: 'false', off: 'false', false: 'false' },
};

/** Digits that a double holds without a check. */
const doubleDigits = 15;

/** When the text of a cell is its canonical text already, by its kind: always, or when the scanner says so. */
const always = 1;
const whenPlain = 2;

/** How the canonical text of a cell follows from its bytes. */
export const byteReadings = {
  /** Not from the bytes alone: the text of the cell must be read. */
  needsText: 0,
  missing: 1,
  asIs: 2,
  /** A decimal with a comma instead of its point. */
  comma: 3,
  /** A boolean in any case. */
  boolean: 4,
  /** The first `clockLength` bytes, with a blank between date and time. */
  clock: 5,
} as const;

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
  /** For each kind 0, `always` or `whenPlain`. */
  readonly #asIs: Uint8Array;
  /** Whether only missing values are to be found. */
  readonly #isPlainText: boolean;
  readonly #byteScanner: ByteScanner;
  /** For each kind that bytes show how the cell is read. */
  readonly #byteReadings: Uint8Array;

  /**
   * With a survey every cell is also added to it, in the same scan; an INTEGER column then accepts decimals, because the
   * plan that the survey makes in the end may be DECIMAL.
   */
  constructor(plan: ColumnPlan, survey: ColumnSurvey | null = null) {
    const { dateOrder } = plan.reading;
    // The survey tells the usual markers apart, even where a column of nothing but markers has a list of them.
    const nullMarkers = survey === null ? plan.reading.nullMarkers : (survey.options.nullMarkers ?? null);
    this.#plan = plan;
    this.#isPlainText = plan.type === 'STRING' && (survey === null || plan.isExplicit);
    this.#survey = survey;
    this.#scanner = new CellScanner({ nullMarkers, dateOrder, isExplicit: plan.isExplicit });
    this.#isNumber = numberKinds(plan, survey !== null);
    this.#asIs = kindsAsIs(plan, this.#isNumber);
    this.#byteScanner = new ByteScanner({ nullMarkers, isExplicit: plan.isExplicit });
    this.#byteReadings = byteReadingsOf(plan, this.#asIs, this.#isNumber);
  }

  /** How many bytes a cell that was read as `clock` has, and how many one read as `comma` has after its comma. */
  get clockLength(): number {
    return this.#byteScanner.clockLength;
  }
  get scale(): number {
    return this.#byteScanner.scale;
  }

  /**
   * How `read` reads the cell from `start` to `end` of bytes of printable ASCII, one of `byteReadings`. A survey has seen the
   * cell unless it needs its text.
   */
  readBytes(bytes: Uint8Array, start: number, end: number): number {
    const scanner = this.#byteScanner;
    if (this.#isPlainText) {
      if (start === end) return byteReadings.missing;
      return scanner.isText(bytes, start, end) ? byteReadings.asIs : byteReadings.needsText;
    }
    const kind = scanner.scan(bytes, start, end);
    if (kind === undecided) return byteReadings.needsText;
    const reading = this.#byteReadings[kind] as number;
    if (reading === byteReadings.needsText || this.#survey === null) return reading;
    return this.#survey.countPlain(kind, scanner, bytes[end - 1] === 48) ? reading : byteReadings.needsText;
  }

  /** The canonical text of the value of a cell, null for a missing value, undefined for a text that does not fit. */
  read(text: string): string | null | undefined {
    const scanner = this.#scanner;
    if (this.#isPlainText) return scanner.isMissingText(text) ? null : text;
    const kind = scanner.scan(text);
    if (this.#survey !== null) this.#survey.count(kind, scanner, text);
    const asIs = this.#asIs[kind];
    if (asIs === always) return text;
    if (asIs === whenPlain && scanner.isPlain) return scanner.body;
    return kind <= kinds.weakMarker ? this.#readMissing(text, kind) : this.#readOther(text, kind);
  }

  /** A value whose text is not canonical. */
  #readOther(text: string, kind: number): string | undefined {
    const scanner = this.#scanner;
    switch (this.#plan.type) {
      case 'STRING':
        return text;
      case 'INTEGER':
      case 'DECIMAL':
        return this.#isNumber[kind] === 1 ? this.#readNumber(kind) : undefined;
      case 'FLOAT':
        return this.#isNumber[kind] === 1 ? this.#readFloat(kind) : undefined;
      case 'BOOLEAN':
        if (kind !== kinds.boolean && !this.#plan.isExplicit) return undefined;
        if (kind === kinds.boolean) return scanner.body.length === 4 ? 'true' : 'false';
        return looseBooleans[text.trim().toLowerCase()];
      case 'DATE':
        return this.#readDate(kind);
      case 'DATE_TIME':
        return this.#readDateTime(kind);
      case 'STRING_LIST':
        if (kind === kinds.list) return JSON.stringify(scanner.items);
        return this.#plan.isExplicit ? JSON.stringify(text.split(',').map((item) => item.trim())) : undefined;
    }
  }

  #readMissing(text: string, kind: number): string | null {
    const { type, reading } = this.#plan;
    if (type !== 'STRING' || kind === kinds.strongMarker || text === '') return null;
    return kind === kinds.weakMarker && reading.nullMarkers !== null ? null : text;
  }

  #readNumber(kind: number): string | undefined {
    const { isPlain, body } = this.#scanner;
    const { decimal } = this.#plan.reading;
    if (isPlain) return this.#fitted(hasDecimal(kind, decimal) ? body : plainNumber(body, decimal));
    const plain = this.#signed(plainNumber(body, decimal));
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

  #readFloat(kind: number): string | undefined {
    const { isPlain, body, whole, scale } = this.#scanner;
    const { decimal } = this.#plan.reading;
    if (!isPlain) return exactFloat(this.#signed(plainNumber(body, decimal)));
    if (!hasDecimal(kind, decimal)) return exactFloat(plainNumber(body, decimal));
    return whole + scale <= doubleDigits ? body : exactFloat(body);
  }

  #readDate(kind: number): string | undefined {
    const scanner = this.#scanner;
    if (kind === kinds.date || kind === kinds.digitDate) return scanner.time.dateText();
    if (!this.#plan.isExplicit) return undefined;
    if (kind === kinds.integer) return compactDate(scanner.body);
    if (kind === kinds.digitDateTime) return scanner.time.dateText();
    if (kind !== kinds.dateTime) return undefined;
    if (scanner.clockEnd === 0) return scanner.time.dateText();
    return /^00:00:00(?:\.0+)?$/.test(scanner.body.slice(11, scanner.clockEnd)) ? scanner.body.slice(0, 10) : undefined;
  }

  #readDateTime(kind: number): string | undefined {
    const scanner = this.#scanner;
    const { body, clockEnd } = scanner;
    if (kind === kinds.dateTime && clockEnd > 0) return `${body.slice(0, 10)} ${body.slice(11, clockEnd)}`;
    if (kind === kinds.date && scanner.isPlain) return `${body} 00:00:00`;
    return kind >= kinds.date && kind <= kinds.digitDateTime ? scanner.time.dateTimeText() : undefined;
  }
}

/** Whether the kind of a plain number says that its sign, if any, is the decimal sign and a point. */
const hasDecimal = (kind: number, decimal: '.' | ','): boolean =>
  kind === kinds.integer || (decimal === '.' && kind <= kinds.point3);

/** Whether exact numbers need no check: an explicit INTEGER and a column at the limit of digits do. */
const holdsAnyNumber = ({ type, precision, isExplicit }: ColumnPlan): boolean =>
  precision < exactDigitsMax && (type === 'DECIMAL' || (type === 'INTEGER' && !isExplicit));

/** For each kind how its text is canonical in a column: 0, `always` or `whenPlain`. */
const kindsAsIs = (plan: ColumnPlan, isNumber: Uint8Array): Uint8Array => {
  const { type, reading } = plan;
  const asIs = new Uint8Array(kindCount);
  if (type === 'STRING') asIs.fill(always, kinds.integer);
  if (type === 'DATE') asIs[kinds.date] = whenPlain;
  if (type === 'DATE_TIME') asIs[kinds.dateTime] = whenPlain;
  if (holdsAnyNumber(plan))
    for (const kind of [kinds.integer, kinds.point, kinds.point3])
      if (isNumber[kind] === 1 && hasDecimal(kind, reading.decimal)) asIs[kind] = whenPlain;
  return asIs;
};

const byteReadingsOf = (plan: ColumnPlan, asIs: Uint8Array, isNumber: Uint8Array): Uint8Array => {
  const { type, reading } = plan;
  const readings = asIs.map((each) => (each === 0 ? byteReadings.needsText : byteReadings.asIs));
  readings[kinds.empty] = byteReadings.missing;
  if (type === 'BOOLEAN') readings[kinds.boolean] = byteReadings.boolean;
  if (type === 'DATE_TIME') readings[kinds.dateTime] = byteReadings.clock;
  if (holdsAnyNumber(plan) && reading.decimal === ',')
    for (const kind of [kinds.comma, kinds.comma3]) if (isNumber[kind] === 1) readings[kind] = byteReadings.comma;
  return readings;
};

/** `20241231` as a date, which only a stated type makes it. */
const compactDate = (text: string): string | undefined => {
  if (text.length !== 8) return undefined;
  const isReal = isDate(digitsValue(text, 0, 4), digitsValue(text, 4, 6), digitsValue(text, 6, 8));
  return isReal ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : undefined;
};
