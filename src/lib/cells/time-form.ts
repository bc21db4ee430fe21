import { formatDays } from '../time.ts';
import { type DateForm, daysOfDate } from './date-form.ts';

/** `10:00`, `1:02:03.5 PM`, `10:00:00,123`, `10:00:00+01:00`, `10:00 UTC`, `10:00:00 GMT+0100`. */
const timeForm =
  /^(\d{1,2}):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?: ?([ap])\.?m\.?)?(?: ?(z|utc|gmt)?([+-]\d\d(?::?\d\d)?)?)?$/i;
/** The same as the basic form of ISO 8601 writes it. */
const compactTime = /^(\d\d)(\d\d)(\d\d)(?:[.,](\d+))?()(z)?([+-]\d\d(?::?\d\d)?)?$/i;

const secondsPerDay = 86_400;
/** 0001-01-01 and the end of 9999-12-31, in seconds from 1970. */
const secondsMin = (daysOfDate(1, 1, 1) as number) * secondsPerDay;
const secondsMax = (daysOfDate(9999, 12, 31) as number) * secondsPerDay + secondsPerDay - 1;

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));

/** Reads a cell that is a date or a date with a time; a time without a zone is UTC. One object serves all cells. */
export class TimeForm {
  readonly date: DateForm;
  /** Whether the cell has a time. */
  hasTime = false;
  #secondOfDay = 0;
  #fraction = '';
  #aheadSeconds = 0;

  constructor(date: DateForm) {
    this.date = date;
  }

  /** Whether the whole text is a date or date-time. */
  parse(text: string): boolean {
    const { date } = this;
    if (!date.parse(text)) return false;
    let at = date.end;
    this.hasTime = at < text.length;
    if (!this.hasTime) return true;
    const separator = text.charCodeAt(at);
    if (separator === 44) at += 1;
    else if (separator !== 32 && separator !== 84 && separator !== 116) return false;
    at += 1;
    while (text.charCodeAt(at) === 32) at += 1;
    return this.#parseTime(text.slice(at));
  }

  #parseTime(text: string): boolean {
    const parts = timeForm.exec(text) ?? compactTime.exec(text);
    if (parts === null) return false;
    const [, hourText, minuteText, secondText = '0', fraction = '', half = '', , offset = ''] = parts;
    const [minute, second] = [Number(minuteText), Number(secondText)];
    let hour = Number(hourText);
    if (half !== '') {
      if (hour < 1 || hour > 12) return false;
      hour = (hour % 12) + (half.toLowerCase() === 'p' ? 12 : 0);
    }
    if (hour > 23 || minute > 59 || second > 59) return false;
    this.#secondOfDay = (hour * 60 + minute) * 60 + second;
    this.#fraction = fraction === '' ? '' : `.${fraction.slice(0, 6)}`;
    return this.#setOffset(offset);
  }

  #setOffset(offset: string): boolean {
    this.#aheadSeconds = 0;
    if (offset === '') return true;
    const hours = Number(offset.slice(1, 3));
    const minutes = offset.length > 3 ? Number(offset.slice(-2)) : 0;
    if (hours > 23 || minutes > 59) return false;
    this.#aheadSeconds = (offset.charCodeAt(0) === 45 ? -60 : 60) * (hours * 60 + minutes);
    return true;
  }

  /** The day as `2008-10-21`; undefined when the order of its digits is not known, or when the cell has a time of day. */
  dateText(): string | undefined {
    const { days } = this.date;
    if (days === null || (this.hasTime && this.#secondOfDay !== 0)) return undefined;
    return formatDays(days);
  }

  /** `2008-10-21 10:00:00.5` in UTC; undefined when the order of the digits is not known, or beyond the years 1 to 9999. */
  dateTimeText(): string | undefined {
    const { days } = this.date;
    if (days === null) return undefined;
    if (!this.hasTime) return `${formatDays(days)} 00:00:00`;
    const seconds = days * secondsPerDay + this.#secondOfDay - this.#aheadSeconds;
    if (seconds < secondsMin || seconds > secondsMax) return undefined;
    const day = Math.floor(seconds / secondsPerDay);
    const second = seconds - day * secondsPerDay;
    const clock = `${two(Math.floor(second / 3600))}:${two(Math.floor(second / 60) % 60)}:${two(second % 60)}`;
    return `${formatDays(day)} ${clock}${this.#fraction}`;
  }
}
