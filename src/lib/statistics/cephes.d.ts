// The library's own types are out of reach: its `exports` do not name them. Only what is used here.
declare module 'cephes' {
  /** Resolves when the functions can be called. */
  export const compiled: Promise<void>;
  export function chdtrc(degreesOfFreedom: number, x: number): number;
  export function incbet(a: number, b: number, x: number): number;
  export function lgam(x: number): number;
}
