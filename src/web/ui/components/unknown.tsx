/** The label of the group of what is not known, as the server writes it. */
export const unknownLabel = 'unknown';

/** The class that hatches a cell or bar of that group. */
export const unknownClass = (label: string | null | undefined): string | undefined =>
  label === null || label === unknownLabel ? 'asof-unknown' : undefined;
