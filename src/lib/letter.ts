/** The letters, each at its code. */
export const letters = 'abcdefghijklmnopqrstuvwxyz';

/** A letter `a` to `z`, upper case folded; null for anything else, letters with accents too. */
export const parseLetter = (text: string): string | null =>
  // ASCII alone: in Unicode the Kelvin sign, too, has k as its lower case.
  /^[A-Za-z]$/.test(text) ? text.toLowerCase() : null;
