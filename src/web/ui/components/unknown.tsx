import { unknownLabel } from '../format/labels.ts';

/** The class that hatches a cell or bar of that group. */
export const unknownClass = (label: string | null | undefined): string | undefined =>
  label === null || label === unknownLabel ? 'asof-unknown' : undefined;
