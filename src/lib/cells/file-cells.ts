import type { ColumnPlan } from '../column.ts';
import { isShortestDecimal } from '../decimal.ts';
import type { ValueOptions } from '../import-options.ts';
import type { ImportReading, WrittenReading } from '../import-reading.ts';
import type { RecordCells, WrittenCell, WrittenFields } from '../record-cells.ts';
import { CellReader } from './cell-reader.ts';
import { ColumnSurvey } from './column-survey.ts';
import { kinds } from './kinds.ts';
import { isMissingField } from './markers.ts';
import { dateOrderOf, decimalEvidence } from './plan-column.ts';

const plainAmount = /^-?\d+(?:\.\d+)?$/;
/** `1.234`, which is a thousand where the comma is the decimal sign. */
const openAmount = /^-?[1-9]\d{0,2}\.\d{3}$/;
/** Numbers with exponents have the same value in all files, if they are accepted at all. */
const exponent = /^[+-]?[\d.]+[eE][+-]?\d+$/;
const datesInDigits = /^\s*\d{1,2}[./-]\d/;
const isDigit = (code: number): boolean => code >= 48 && code <= 57;
/** Whether a text begins with three digits, which no date that begins with its day or its month does. */
const startsWithYear = (text: string): boolean =>
  isDigit(text.charCodeAt(0)) && isDigit(text.charCodeAt(1)) && isDigit(text.charCodeAt(2));
/** An amount whose decimal sign is a point, without doubt. */
const pointAmount = /^-?(?:\d+\.(?:\d{1,2}|\d{4,})|0\.\d+|\d{4,}\.\d+)$/;

interface FieldReading extends WrittenReading {
  readonly reader: CellReader;
}

/**
 * How the text fields of a file's records are read: which texts stand for a missing value, and, where amounts and times are
 * not written in the usual form, the one reading that all records of the file or the options of its import show.
 */
export class FileCells implements RecordCells {
  readonly #options: ValueOptions;
  readonly #fields: WrittenFields;
  readonly #readings = new Map<string, FieldReading>();
  readonly #hasPoint = new Set<string>();
  #surveys: Map<string, ColumnSurvey> | null = null;

  /** `readings`: those that an earlier look at the whole file has decided. */
  constructor(fields: WrittenFields, options: ValueOptions, readings: ImportReading['fields'] = {}) {
    this.#fields = fields;
    this.#options = options;
    for (const [name, reading] of Object.entries(readings))
      this.#readings.set(name, { ...reading, reader: new CellReader(reading.plan) });
  }

  /** What is decided about the fields so far. */
  readings(): ImportReading['fields'] {
    return Object.fromEntries(Array.from(this.#readings, ([name, { plan, doubt }]) => [name, { plan, doubt }]));
  }

  isMissing(text: string, isWord: boolean): boolean {
    return isMissingField(text, this.#options.nullMarkers, isWord);
  }

  /** Whether a record shows that all records of the file must be seen before any of its amounts or times is read. */
  needsSurvey(record: Readonly<Record<string, unknown>>): boolean {
    if (this.#readings.size > 0) return false;
    const hasDecimalComma = this.#options.decimal === ',';
    for (const name of this.#fields.amounts ?? []) {
      const value = record[name];
      if (typeof value !== 'string' || value === '') continue;
      // Most amounts are such: three patterns would take longer.
      if (!hasDecimalComma && this.#hasPoint.has(name) && isShortestDecimal(value)) continue;
      if (!plainAmount.test(value)) {
        if (!exponent.test(value) && !this.isMissing(value, false)) return true;
      } else if (hasDecimalComma && value.includes('.')) return true;
      else if (pointAmount.test(value)) this.#hasPoint.add(name);
      else if (openAmount.test(value) && !this.#hasPoint.has(name)) return true;
    }
    return (this.#fields.instants ?? []).some((name) => {
      const value = record[name];
      return typeof value === 'string' && !startsWithYear(value) && datesInDigits.test(value);
    });
  }

  /** Sees a record before any is read. */
  survey(record: Readonly<Record<string, unknown>>): void {
    this.#surveys ??= new Map(
      [...(this.#fields.amounts ?? []), ...(this.#fields.instants ?? [])].map((name) => {
        const type = this.#fields.amounts?.includes(name) ? 'DECIMAL' : 'DATE_TIME';
        return [name, new ColumnSurvey(this.#options, { type, isExplicit: true })];
      }),
    );
    for (const [name, survey] of this.#surveys) {
      const value = record[name];
      if (typeof value === 'string') survey.add(value);
    }
  }

  /** Ends the survey: from here on amounts and times are read. */
  decide(): void {
    for (const [name, survey] of this.#surveys ?? []) this.#readings.set(name, readingOf(survey, this.#options));
    this.#surveys = null;
  }

  read(name: string, text: string): WrittenCell | null {
    const reading = this.#readings.get(name);
    if (!reading || exponent.test(text)) return null;
    const { reader, plan, doubt } = reading;
    if (doubt !== null && this.#isDoubtful(plan, text)) return { problem: doubt };
    const value = reader.read(text);
    if (typeof value === 'string') return { text: value };
    const isRead = doubt === null && plainAmount.test(text) && this.#fields.amounts?.includes(name) === true;
    return isRead ? { problem: noNumber(plan.reading.decimal) } : null;
  }

  /** Whether a text needs a reading. */
  #isDoubtful({ type }: ColumnPlan, text: string): boolean {
    if (type !== 'DECIMAL') return datesInDigits.test(text);
    // `1.234` may be a thousand in a file whose decimal sign is in doubt.
    return !plainAmount.test(text) || (openAmount.test(text) && this.#options.decimal === undefined);
  }
}

const noNumber = (decimal: '.' | ','): string =>
  `must be a number with a decimal ${decimal === '.' ? 'point' : 'comma'}, as the other records or the option decimal have it`;

const readingOf = (survey: ColumnSurvey, options: ValueOptions): FieldReading => {
  const plan = survey.plan(options);
  const doubt = plan.type === 'DECIMAL' ? doubtOfAmounts(survey) : doubtOfDates(survey);
  return { plan, doubt, reader: new CellReader(plan) };
};

/** Why the amounts of a file are not read unless they are plain numbers; null when there is no doubt. */
const doubtOfAmounts = (survey: ColumnSurvey): string | null => {
  const { counts, options, percents, currencies } = survey;
  if (percents > 0) return 'must be an amount, not per cent';
  if (currencies.size > 1) return `must be without a currency where a file has several: ${[...currencies].join(', ')}`;
  const { point, comma } = decimalEvidence(survey);
  if (options.decimal !== undefined) return null;
  if (point > 0 && comma > 0)
    return 'has an uncertain decimal sign: in some records of the file it is a point and in others a comma; state decimal';
  const isCertain = point > 0 || comma > 0 || counts[kinds.comma3] === 0;
  return isCertain ? null : 'may be a thousand or a decimal, and no record of the file shows which: state decimal';
};

const doubtOfDates = (survey: ColumnSurvey): string | null =>
  dateOrderOf(survey) === null
    ? 'may begin with the day or the month, and the records of the file do not show which: state dateOrder'
    : null;
