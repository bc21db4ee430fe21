import { civilFromDays, daysFromCivil } from '../time.ts';
import { type DateForm, formatDate } from './date-form.ts';
import { digitsEnd, digitsValue, twoDigits } from './digits.ts';

const secondsPerDay = 86_400;
/** 0001-01-01 and the end of 9999-12-31, in days from 1970. */
const daysMin = daysFromCivil(1, 1, 1);
const daysMax = daysFromCivil(9999, 12, 31);

const fractionDigitsMax = 6;
/** Texts of dates that are kept, because the dates of a column repeat: those of eleven years have a slot each. */
const slotCount = 4096;
const noKeys = new Int32Array(0);

/** Reads a cell that is a date or a date with a time; a time without a zone is UTC. One object serves all cells. */
export class TimeForm {
  readonly date: DateForm;
  /** Whether the cell has a time. */
  hasTime = false;
  #secondOfDay = 0;
  /** The fraction of the second, between these. */
  #fractionStart = 0;
  #fractionEnd = 0;
  #aheadSeconds = 0;
  #text = '';
  #dateKeys = noKeys;
  #dateTexts: string[] = [];

  constructor(date: DateForm) {
    this.date = date;
  }

  /** Whether the whole text is a date or date-time. */
  parse(text: string): boolean {
    const { date } = this;
    if (!date.parse(text)) return false;
    const { end } = date;
    this.hasTime = end < text.length;
    if (!this.hasTime) return true;
    const separator = text.charCodeAt(end);
    if (separator !== 44 && separator !== 32 && separator !== 84 && separator !== 116) return false;
    let at = end + 1;
    while (text.charCodeAt(at) === 32) at += 1;
    return this.#parseTime(text, at);
  }

  /** Reads a text that is known to begin with `2024-12-31 10:00:00`; its zone begins at `zone`. False for no zone. */
  parseIso(text: string, zone: number): boolean {
    this.date.setIso(text);
    this.hasTime = true;
    this.#text = text;
    this.#fractionStart = zone > 19 ? 20 : 0;
    this.#fractionEnd = zone > 19 ? Math.min(zone, 20 + fractionDigitsMax) : 0;
    this.#setClock(digitsValue(text, 11, 13), digitsValue(text, 14, 16), digitsValue(text, 17, 19));
    return this.#parseZone(text, zone, true);
  }

  /** `10:00`, `1:02:03.5 PM`, `10:00:00,123`, `10:00:00+01:00`, `10:00 UTC`, `10:00:00 GMT+0100`, and `100000Z`. */
  #parseTime(text: string, start: number): boolean {
    this.#text = text;
    this.#fractionStart = 0;
    this.#fractionEnd = 0;
    const hourEnd = digitsEnd(text, start);
    if (hourEnd === start + 6) return this.#parseCompact(text, start);
    if (hourEnd === start || hourEnd > start + 2 || text.charCodeAt(hourEnd) !== 58) return false;
    const minuteEnd = digitsEnd(text, hourEnd + 1);
    if (minuteEnd !== hourEnd + 3) return false;
    let at = minuteEnd;
    let second = 0;
    if (text.charCodeAt(at) === 58) {
      const secondEnd = digitsEnd(text, at + 1);
      if (secondEnd !== at + 3) return false;
      second = digitsValue(text, at + 1, secondEnd);
      at = this.#skipFraction(text, secondEnd);
      if (at < 0) return false;
    }
    let hour = digitsValue(text, start, hourEnd);
    const half = halfOfDay(text, at);
    if (half !== 0) {
      if (hour < 1 || hour > 12) return false;
      hour = (hour % 12) + (half === 112 ? 12 : 0);
      at = halfEnd(text, at);
    }
    const minute = digitsValue(text, hourEnd + 1, minuteEnd);
    return this.#setClock(hour, minute, second) && this.#parseZone(text, at, true);
  }

  /** The basic form of ISO 8601. */
  #parseCompact(text: string, start: number): boolean {
    const at = this.#skipFraction(text, start + 6);
    if (at < 0) return false;
    const [hour, minute] = [digitsValue(text, start, start + 2), digitsValue(text, start + 2, start + 4)];
    return this.#setClock(hour, minute, digitsValue(text, start + 4, start + 6)) && this.#parseZone(text, at, false);
  }

  /** Where a fraction at `at` ends, -1 for a sign without digits. */
  #skipFraction(text: string, at: number): number {
    const sign = text.charCodeAt(at);
    if (sign !== 46 && sign !== 44) return at;
    const end = digitsEnd(text, at + 1);
    if (end === at + 1) return -1;
    this.#fractionStart = at + 1;
    this.#fractionEnd = Math.min(end, at + 1 + fractionDigitsMax);
    return end;
  }

  #setClock(hour: number, minute: number, second: number): boolean {
    this.#secondOfDay = (hour * 60 + minute) * 60 + second;
    return hour <= 23 && minute <= 59 && second <= 59;
  }

  /** The zone, which is the rest of the text: `Z`, `UTC`, `GMT`, `+01`, `+0100`, `+01:00`, or the name and an offset. */
  #parseZone(text: string, start: number, allowsWords: boolean): boolean {
    const { length } = text;
    this.#aheadSeconds = 0;
    if (start === length) return true;
    let at = allowsWords && text.charCodeAt(start) === 32 ? start + 1 : start;
    const first = text.charCodeAt(at) | 32;
    if (first === 122) at += 1;
    else if (allowsWords && isZoneName(text, at)) at += 3;
    if (at === length) return true;
    const sign = text.charCodeAt(at);
    if (sign !== 43 && sign !== 45) return false;
    if (digitsEnd(text, at + 1) < at + 3) return false;
    const hours = digitsValue(text, at + 1, at + 3);
    let minutes = 0;
    if (at + 3 < length) {
      const minuteStart = text.charCodeAt(at + 3) === 58 ? at + 4 : at + 3;
      if (minuteStart + 2 !== length || digitsEnd(text, minuteStart) !== length) return false;
      minutes = digitsValue(text, minuteStart, length);
    }
    if (hours > 23 || minutes > 59) return false;
    this.#aheadSeconds = (sign === 45 ? -60 : 60) * (hours * 60 + minutes);
    return true;
  }

  /** Whether the time is in the years 1 to 9999 UTC. */
  get isInRange(): boolean {
    const { date } = this;
    if (this.#aheadSeconds === 0 || (date.year > 1 && date.year < 9999) || !date.isKnown) return true;
    const day = this.#dayOf(daysFromCivil(date.year, date.month, date.day));
    return day >= daysMin && day <= daysMax;
  }

  #dayOf(days: number): number {
    return days + Math.floor((this.#secondOfDay - this.#aheadSeconds) / secondsPerDay);
  }

  /** The day as `2008-10-21`; undefined when the order of its digits is not known, or when the cell has a time of day. */
  dateText(): string | undefined {
    const { date } = this;
    if (!date.isKnown || (this.hasTime && this.#secondOfDay !== 0)) return undefined;
    return this.#dateText(date.year, date.month, date.day);
  }

  /** `2008-10-21 10:00:00.5` in UTC; undefined when the order of the digits is not known, or beyond the years 1 to 9999. */
  dateTimeText(): string | undefined {
    const { date } = this;
    if (!date.isKnown) return undefined;
    let { year, month, day } = date;
    if (!this.hasTime) return `${this.#dateText(year, month, day)} 00:00:00`;
    let second = this.#secondOfDay - this.#aheadSeconds;
    if (second < 0 || second >= secondsPerDay) {
      if (!this.isInRange) return undefined;
      ({ year, month, day } = civilFromDays(this.#dayOf(daysFromCivil(year, month, day))));
      second -= Math.floor(second / secondsPerDay) * secondsPerDay;
    }
    const minute = Math.floor(second / 60);
    const clock = `${twoDigits[Math.floor(minute / 60)]}:${twoDigits[minute % 60]}:${twoDigits[second % 60]}`;
    const date10 = this.#dateText(year, month, day);
    if (this.#fractionEnd === 0) return `${date10} ${clock}`;
    return `${date10} ${clock}.${this.#text.slice(this.#fractionStart, this.#fractionEnd)}`;
  }

  /** The instant in microseconds since 1970 UTC; undefined when the order of the digits is not known. */
  atUs(): number | undefined {
    const { date } = this;
    if (!date.isKnown) return undefined;
    const daySeconds = daysFromCivil(date.year, date.month, date.day) * secondsPerDay;
    if (!this.hasTime) return daySeconds * 1_000_000;
    const fraction = this.#text.slice(this.#fractionStart, this.#fractionEnd).padEnd(fractionDigitsMax, '0');
    return (daySeconds + this.#secondOfDay - this.#aheadSeconds) * 1_000_000 + Number(fraction);
  }

  #dateText(year: number, month: number, day: number): string {
    // Only columns that need the slots have them: a file may have thousands of columns.
    if (this.#dateKeys.length === 0) {
      this.#dateKeys = new Int32Array(slotCount);
      this.#dateTexts = new Array<string>(slotCount).fill('');
    }
    const key = (year * 12 + month) * 31 + day;
    const slot = key & (slotCount - 1);
    if (this.#dateKeys[slot] !== key) {
      this.#dateKeys[slot] = key;
      this.#dateTexts[slot] = formatDate(year, month, day);
    }
    return this.#dateTexts[slot] as string;
  }
}

/** 97 for AM, 112 for PM, 0 for neither, after an optional blank: `PM`, `p.m.`, `pm`. */
const halfOfDay = (text: string, at: number): number => {
  const start = text.charCodeAt(at) === 32 ? at + 1 : at;
  const letter = text.charCodeAt(start) | 32;
  if (letter !== 97 && letter !== 112) return 0;
  const next = text.charCodeAt(start + 1) === 46 ? start + 2 : start + 1;
  return (text.charCodeAt(next) | 32) === 109 ? letter : 0;
};

/** Where the half of the day ends that `halfOfDay` has found. */
const halfEnd = (text: string, at: number): number => {
  const start = text.charCodeAt(at) === 32 ? at + 1 : at;
  const letterM = text.charCodeAt(start + 1) === 46 ? start + 2 : start + 1;
  return text.charCodeAt(letterM + 1) === 46 ? letterM + 2 : letterM + 1;
};

/** Whether `UTC` or `GMT` begins at `at`. */
const isZoneName = (text: string, at: number): boolean => {
  const first = text.charCodeAt(at) | 32;
  const second = text.charCodeAt(at + 1) | 32;
  const third = text.charCodeAt(at + 2) | 32;
  return (first === 117 && second === 116 && third === 99) || (first === 103 && second === 109 && third === 116);
};
