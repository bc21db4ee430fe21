import { kinds } from '../../../src/lib/cells/kinds.ts';
import type { DateOrder } from '../../../src/lib/import-options.ts';

/** What a text is as a number, by regular expressions: the simple reference of `NumberForm`. */
export interface NumberFacts {
  readonly kind: number;
  readonly whole: number;
  readonly scale: number;
}

const grouped = /^([1-9]\d{0,2})([.,' \u2019\u00a0\u2007\u2009\u202f])(\d{3}(?:\2\d{3})*)(?:([.,])(\d+))?$/;
const indian = /^[1-9]\d?(?:,\d\d)+,\d{3}(?:(\.)(\d+))?$/;
const plain = /^(\d*)(?:([.,])(\d*))?$/;
const exponent = /^(\d*)(?:([.,])(\d*))?[eE]([+-]?)(\d{1,3})$/;

const withoutZeros = (digits: string): string => digits.replace(/^0+/, '');

const plainFacts = ([, whole = '', sign, fraction = '']: RegExpExecArray, hasPlus: boolean): NumberFacts | null => {
  if (whole === '' && fraction === '') return null;
  const facts = { whole: withoutZeros(whole).length, scale: fraction.length };
  if (/^0\d/.test(whole) || facts.whole + facts.scale > 38) return { ...facts, kind: kinds.code };
  if (sign === undefined) return { ...facts, kind: hasPlus && whole.length >= 8 ? kinds.code : kinds.integer };
  const isGroup = facts.scale === 3 && facts.whole > 0 && facts.whole <= 3;
  if (sign === '.') return { ...facts, kind: isGroup ? kinds.point3 : kinds.point };
  return { ...facts, kind: isGroup ? kinds.comma3 : kinds.comma };
};

const groupKinds = {
  '.': [kinds.points, -1, kinds.pointComma],
  ',': [kinds.commas, kinds.commaPoint, -1],
  ' ': [kinds.grouped, kinds.groupedPoint, kinds.groupedComma],
} as const;

export const numberFacts = (text: string): NumberFacts | null => {
  const body = text.replace(/^[+\u2212-]/, '');
  const isPlain = plain.exec(body);
  if (isPlain) return plainFacts(isPlain, text.startsWith('+'));
  const group = grouped.exec(body);
  if (group) {
    const [, head = '', sign = '', rest = '', decimal, fraction = ''] = group;
    const facts = { whole: (head + rest).replace(/\D/g, '').length, scale: fraction.length };
    const signKinds = groupKinds[sign === '.' || sign === ',' ? sign : ' '];
    const kind = signKinds[decimal === undefined ? 0 : decimal === '.' ? 1 : 2];
    if (kind === -1) return null;
    return { ...facts, kind: facts.whole + facts.scale > 38 ? kinds.code : (kind as number) };
  }
  const lakh = indian.exec(body);
  if (lakh) {
    const scale = (lakh[2] ?? '').length;
    const whole = body.replace(/\D/g, '').length - scale;
    return { whole, scale, kind: lakh[1] === undefined ? kinds.commas : kinds.commaPoint };
  }
  const power = exponent.exec(body);
  if (!power) return null;
  const [, whole = '', sign, fraction = '', exponentSign = '', digits] = power;
  if (whole === '' && fraction === '') return null;
  const value = Number(`${exponentSign}${digits}`);
  const facts = { whole: Math.max(0, whole.length + value), scale: Math.max(0, fraction.length - value) };
  if (sign === undefined && exponentSign === '') return { ...facts, kind: kinds.exponentCode };
  return { ...facts, kind: sign === ',' ? kinds.floatComma : kinds.float };
};

/** The reference of `plainNumber`. */
export const plainText = (text: string, decimal: '.' | ','): string => {
  const body = text
    .replace(/^[+\u2212-]/, '')
    .replace(decimal === '.' ? /[,' \u2019\u00a0\u2007\u2009\u202f]/g : /[.' \u2019\u00a0\u2007\u2009\u202f]/g, '')
    .replace(',', '.')
    .replace(/^\./, '0.')
    .replace(/\.$/, '')
    .replace(/^0+(?=\d)/, '');
  return /^[\u2212-]/.test(text) ? `-${body}` : body;
};

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const monthWords =
  '(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)';
const weekday = '(?:(?:mon|tue|wed|thu|fri|sat|sun|tuesday|friday)\\.?,? )?';
const yearFirst = /^(?<year>\d{4})([-/.])(?<month>\d{1,2})\2(?<day>\d{1,2})(?!\d)/;
const compact = /^(?<year>\d{4})(?<month>\d\d)(?<day>\d\d)(?=T\d)/;
const monthFirst = new RegExp(
  `^${weekday}(?<month>${monthWords})\\.? (?<day>\\d{1,2})(?:st|nd|rd|th)?(?:,| ) ?(?<year>\\d{4})(?!\\d)`,
  'i',
);
const dayFirst = new RegExp(
  `^${weekday}(?<day>\\d{1,2})(?:st|nd|rd|th)?(?:\\.? |-|/)(?<month>${monthWords})\\.?(?:,? |-|/)(?<year>\\d{4})(?!\\d)`,
  'i',
);
const digits = /^(?<first>\d{1,2})([-/.])(?<second>\d{1,2})\2(?<last>\d{4}|\d{2})(?!\d)/;
const time =
  /^[, Tt] *(?:(?<hour>\d{1,2}):(?<minute>\d\d)(?::(?<second>\d\d)(?:[.,](?<fraction>\d+))?)?(?: ?(?<half>[ap])\.?m\.?)?(?: ?(?:z|utc|gmt)?(?<offset>[+-]\d\d(?::?\d\d)?)?)?|(?<hours>\d\d)(?<minutes>\d\d)(?<seconds>\d\d)(?:[.,](?<part>\d+))?z?(?<ahead>[+-]\d\d(?::?\d\d)?)?)$/i;

type Groups = Readonly<Record<string, string | undefined>>;

const dateOf = (year: number, month: number, day: number): Date | null => {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const isSame = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return isSame && year >= 1 && year <= 9999 ? date : null;
};

const datePart = (text: string, order: DateOrder | null): { date: Date | null; end: number } | null => {
  for (const form of [yearFirst, compact, dayFirst, monthFirst]) {
    const match = form.exec(text);
    if (match === null) continue;
    const { year, month = '', day } = match.groups as Groups;
    const number = /^\d/.test(month) ? Number(month) : months.indexOf(month.slice(0, 3).toLowerCase()) + 1;
    const date = dateOf(Number(year), number, Number(day));
    return date && { date, end: match[0].length };
  }
  const match = digits.exec(text);
  const { first, second, last = '' } = (match?.groups ?? {}) as Groups;
  if (match === null || last.length !== 4) return null;
  const [day, month] = [
    dateOf(Number(last), Number(second), Number(first)),
    dateOf(Number(last), Number(first), Number(second)),
  ];
  if (day === null && month === null) return null;
  return { date: order === 'DMY' ? day : order === 'MDY' ? month : null, end: match[0].length };
};

/** The reference of `TimeForm`: null for no date or time, else its canonical text, undefined where the order is open. */
export const dateTimeOf = (text: string, order: DateOrder | null): string | undefined | null => {
  const found = datePart(text, order);
  if (found === null) return null;
  const { date, end } = found;
  if (end === text.length) return date?.toISOString().replace('T', ' ').slice(0, 19);
  const groups = time.exec(text.slice(end))?.groups as Groups | undefined;
  if (groups === undefined) return null;
  let hour = Number(groups.hour ?? groups.hours);
  const [minute, second] = [Number(groups.minute ?? groups.minutes), Number(groups.second ?? groups.seconds ?? 0)];
  if (groups.half !== undefined) {
    if (hour < 1 || hour > 12) return null;
    hour = (hour % 12) + (groups.half.toLowerCase() === 'p' ? 12 : 0);
  }
  const offset = groups.offset ?? groups.ahead ?? '+00';
  const [hours, minutes] = [Number(offset.slice(1, 3)), Number(offset.slice(3).replace(':', ''))];
  if (hour > 23 || minute > 59 || second > 59 || hours > 23 || minutes > 59) return null;
  if (date === null) return undefined;
  const ahead = (offset.startsWith('-') ? -60 : 60) * (hours * 60 + minutes);
  const at = new Date(date.getTime() + ((hour * 60 + minute) * 60 + second - ahead) * 1000);
  if (at.getUTCFullYear() < 1 || at.getUTCFullYear() > 9999) return undefined;
  const fraction = (groups.fraction ?? groups.part ?? '').slice(0, 6);
  return at.toISOString().replace('T', ' ').slice(0, 19) + (fraction === '' ? '' : `.${fraction}`);
};
