import { oncePerKey } from './once-per-key.ts';

/** What is missing; zero is `0`. */
export const missing = '–';

/** Undefined stands for the reader's locale, here and below. */
type Locale = string | undefined;

const separators = oncePerKey((locale: Locale): { readonly group: string; readonly decimal: string } => {
  const parts = new Intl.NumberFormat(locale, { useGrouping: true }).formatToParts(-12345.6);
  const textOf = (type: string) => parts.find((part) => part.type === type)?.value ?? '';
  return { group: textOf('group'), decimal: textOf('decimal') || '.' };
});

const numberFormat = oncePerKey((locale: Locale) => new Intl.NumberFormat(locale, { maximumSignificantDigits: 21 }));

const shareFormat = oncePerKey(
  (locale: Locale) =>
    new Intl.NumberFormat(locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }),
);

/**
 * An exact decimal such as the server sends, `-1234567.50`, with the separators of the reader's locale. No digit is added,
 * dropped or rounded, however many there are. Text that is no decimal comes back as it is.
 */
export const formatDecimal = (text: string, locale?: string): string => {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction] = match;
  const { group, decimal } = separators(locale);
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, group);
  return `${sign === '-' ? '\u2212' : ''}${grouped}${fraction === undefined ? '' : decimal + fraction}`;
};

/** A figure as the server sends it: an exact decimal as text, a number, or null where there is none. */
export type FigureValue = string | number | null | undefined;

export const formatFigure = (value: FigureValue, locale?: string): string => {
  if (value === null || value === undefined) return missing;
  if (typeof value === 'string') return formatDecimal(value, locale);
  return numberFormat(locale).format(value).replace('-', '\u2212');
};

/** A share between 0 and 1 as percent with one digit after the point: it is computed, not stored, so it is rounded. */
export const formatShare = (share: number | null | undefined, locale?: string): string =>
  share === null || share === undefined ? missing : shareFormat(locale).format(share);

/** `1 row`, `2 rows`. */
export const formatCount = (count: number | string, one: string, many = `${one}s`): string =>
  `${formatFigure(count)} ${String(count) === '1' ? one : many}`;

/** For heat and bars only, never for text: the nearest number to an exact decimal. */
export const toNumber = (value: FigureValue): number | null => {
  if (value === null || value === undefined || value === '') return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
};
