/** Microseconds since 1970 UTC. */
export type NowUs = () => number;

/** The real clock, or one frozen at an instant. */
export const createClock = (frozenUs: number | null): NowUs =>
  frozenUs === null ? () => Math.round((performance.timeOrigin + performance.now()) * 1000) : () => frozenUs;
