/** How many things happened when. Times are microseconds since 1970 UTC. */
export interface TimeCounts {
  /** When the first of them after an instant happened; null when none did. */
  nextAfter(atUs: number): number | null;
  /** How many happened after an instant, up to another one, inclusive. */
  between(afterUs: number, upToUs: number): number;
}

/** Those up to an instant, inclusive. */
export const timeCountsUpTo = (counts: TimeCounts, lastUs: number): TimeCounts => ({
  nextAfter(atUs) {
    const next = counts.nextAfter(atUs);
    return next !== null && next <= lastUs ? next : null;
  },
  between: (afterUs, upToUs) => counts.between(afterUs, Math.min(upToUs, lastUs)),
});
