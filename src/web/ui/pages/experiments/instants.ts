const byTime = (one: string, two: string): number => Date.parse(one) - Date.parse(two);

const present = (times: readonly (string | null)[]): string[] => times.filter((at) => at !== null);

/** Of instants as text; fractions of different lengths do not sort as text. Null without any. */
export const earliestOf = (times: readonly (string | null)[]): string | null =>
  present(times).toSorted(byTime)[0] ?? null;

export const latestOf = (times: readonly (string | null)[]): string | null =>
  present(times).toSorted(byTime).at(-1) ?? null;
