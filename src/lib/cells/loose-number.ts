/** A number within a text that says its unit or its sign in words. */
export interface LooseNumber {
  /** The number without unit, parentheses and a sign behind it. */
  readonly body: string;
  readonly isNegated: boolean;
  readonly hasPercent: boolean;
  /** The currency sign or code, or empty text. */
  readonly currency: string;
}

const blank = '[\\s\\u00a0\\u2009\\u202f]*';
/** A currency sign, its code of three letters, or one of the abbreviations that are written beside amounts. */
const unit = '(?:[A-Z]{0,2}\\p{Sc}|[A-Z]{3}|[Kk]r\\.?|z\u0142|K\u010d|Ft|Fr\\.?|lei|R[sp]\\.?|R)';
const unitBefore = new RegExp(`^([+\\u2212-]?)${blank}(${unit})${blank}(?=[-+(\\u2212\\d.,])`, 'u');
const unitAfter = new RegExp(`(?<=[\\d.,)\\u2013\\u2014-])${blank}(${unit}|%)$`, 'u');
const parentheses = /^\((.+)\)$/;
/** `12.–` and `5,-` have no cents. */
const noCents = /[.,][\u2013\u2014-]{1,2}$/;
const signBehind = /[\d.,]\s?([\u2212-])$/;

const currencyCodes = new Set(Intl.supportedValuesOf('currency'));

const isCurrency = (text: string): boolean => !/^[A-Z]{3}$/.test(text) || currencyCodes.has(text);

/** Finds the number in `1.234,50 €`, `$1,234.50`, `12 %`, `(5.00)` or `5.00-`; null where nothing surrounds one. */
export const looseNumber = (text: string): LooseNumber | null => {
  let body = text;
  let isNegated = false;
  let hasPercent = false;
  let currency = '';
  const open = (): void => {
    const inner = parentheses.exec(body);
    if (inner === null) return;
    body = (inner[1] as string).trim();
    isNegated = true;
  };
  open();
  const before = unitBefore.exec(body);
  if (before !== null) {
    currency = before[2] as string;
    body = (before[1] as string) + body.slice(before[0].length);
  }
  const after = unitAfter.exec(body);
  if (after !== null) {
    if (after[1] === '%') hasPercent = true;
    else if (currency === '') currency = after[1] as string;
    else return null;
    body = body.slice(0, after.index);
  }
  if (!isNegated) open();
  body = body.replace(noCents, '');
  const sign = signBehind.exec(body);
  if (sign !== null && !isNegated) {
    body = body.slice(0, body.length - 1).trim();
    isNegated = true;
  }
  const isSigned = /^[+\u2212-]/.test(body);
  if (body === text || (isNegated && isSigned) || !isCurrency(currency)) return null;
  return { body: isSigned ? body.replace(/^(.)\s+/, '$1') : body, isNegated, hasPercent, currency };
};
