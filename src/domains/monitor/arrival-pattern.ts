/**
 * How the events of a market, or of one of its variants, follow each other: by their own time, and by how many events of
 * their peers arrived in between. An arrival is an event of another user than the one before, because the events of one
 * user arrive in bursts. The peers of a market are all markets, those of a variant are the variants of its market.
 */
export interface ArrivalPattern {
  arrivals: number;
  firstAtUs: number;
  lastAtUs: number;
  /** The longest time between two events so far. */
  longestPauseUs: number;
  /** The arrivals of the peers when the first and the last event arrived. */
  peersAtFirst: number;
  peersAtLast: number;
  /** The most arrivals of the peers between two events so far. */
  longestPeerRun: number;
}

/** A pattern that is still being recorded. */
export interface OpenPattern extends ArrivalPattern {
  /** The user of the last event, or another value that distinguishes arrivals. */
  lastSource: number;
}

export const newPattern = (): OpenPattern => ({
  arrivals: 0,
  firstAtUs: Number.POSITIVE_INFINITY,
  lastAtUs: Number.NEGATIVE_INFINITY,
  longestPauseUs: 0,
  peersAtFirst: 0,
  peersAtLast: 0,
  longestPeerRun: 0,
  lastSource: -1,
});

/** Records one more event. An event older than the newest one shortens no pause: for that long nothing had arrived. */
export const recordArrival = (pattern: OpenPattern, atUs: number, source: number, peerArrivals: number): void => {
  if (pattern.arrivals === 0) pattern.peersAtFirst = peerArrivals;
  else {
    if (atUs > pattern.lastAtUs) pattern.longestPauseUs = Math.max(pattern.longestPauseUs, atUs - pattern.lastAtUs);
    pattern.longestPeerRun = Math.max(pattern.longestPeerRun, peerArrivals - pattern.peersAtLast);
  }
  if (pattern.lastSource !== source) pattern.arrivals++;
  pattern.lastSource = source;
  pattern.peersAtLast = peerArrivals;
  pattern.firstAtUs = Math.min(pattern.firstAtUs, atUs);
  pattern.lastAtUs = Math.max(pattern.lastAtUs, atUs);
};
