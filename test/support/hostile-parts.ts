import fc from 'fast-check';

/** Changes a text. */
export type Edit = (query: string) => string;

/** A choice of a part: its number, 0 to below 1 of all. */
export const part = fc.double({ min: 0, max: 0.999_999, noNaN: true });
export const indexIn = (list: { readonly length: number }, at: number): number => Math.floor(at * list.length);

export const times = fc.constantFrom(1, 2, 50, 1000, 3000);

export const deep = (open: string, inner: string, close: string, levels: number): string =>
  open.repeat(levels) + inner + close.repeat(levels);
