import { isPauseTooLong } from '../../lib/statistics/pause.ts';
import { dayUs, formatInstant } from '../../lib/time.ts';
import type { ArrivalPattern } from './arrival-pattern.ts';
import type { PatternDetail } from './engine.ts';
import { alphaOfEach, type MonitorSnapshot, marketsOf, variantsOf } from './snapshot.ts';

/** A market or variant, or for nulls everything, that stopped sending events. */
export interface Silence {
  readonly country: string | null;
  readonly variant: string | null;
  readonly lastAtUs: number;
  /** The pause that it may be instead: one that people make and that the pattern so far cannot show. */
  readonly plausiblePause: Pause | null;
}

type Pause = 'night' | 'weekend';

/** How many times as long as its longest pause a silence has to be. */
const longestPauseFactor = 2;

/**
 * Markets and variants that have been silent for longer than their own pattern explains, while others went on; and the
 * whole experiment, measured by the clock and by when its events were stored. A variant is not reported when its whole
 * market is silent.
 */
export const silencesOf = (snapshot: MonitorSnapshot): Silence[] => {
  const { arrivals, experiment, nowUs } = snapshot;
  const variants = variantsOf(snapshot);
  const alpha = alphaOfEach(snapshot, 1 + variants.length, 1);
  const { newestAtUs, allMarkets, byReceipt } = arrivals;
  const isOver = experiment.endedAtUs !== null && experiment.endedAtUs <= nowUs;
  if (!isOver && isSilent(byReceipt, nowUs, alpha)) return [silence(byReceipt, nowUs, null, null)];
  const isStopped = (pattern: ArrivalPattern, peers: ArrivalPattern): boolean =>
    isSilent(pattern, newestAtUs, alpha) && isSilentRelativeToPeers(pattern, peers.arrivals, alpha);
  return marketsOf(snapshot).flatMap((country) => {
    const market = arrivals.markets.get(country);
    if (!market) return [];
    if (isStopped(market.pattern, allMarkets)) return [silence(market.pattern, newestAtUs, country, null)];
    return variants.flatMap((variant) => {
      const pattern = market.variants.get(variant);
      return pattern && isStopped(pattern, market.pattern) ? [silence(pattern, newestAtUs, country, variant)] : [];
    });
  });
};

/**
 * Which of its patterns a snapshot needs, when it has bounds of them only: those that may be silent. A pattern with more arrivals
 * and shorter pauses is silent earlier, so one that is not by its bounds is not at all. Null: those that it has suffice.
 */
export const patternsNeeded = (snapshot: MonitorSnapshot, known: PatternDetail): PatternDetail | null => {
  const { arrivals, experiment, nowUs } = snapshot;
  if (known === 'ALL' || !snapshot.isWhole) return null;
  const alpha = alphaOfEach(snapshot, 1 + variantsOf(snapshot).length, 1);
  const isOver = experiment.endedAtUs !== null && experiment.endedAtUs <= nowUs;
  const isSilentAsAWhole = !isOver && isSilent(arrivals.byReceipt, nowUs, alpha);
  if (isSilentAsAWhole) return known === 'BOUNDS' ? 'RECEIPT' : null;
  const mayBeSilent = (pattern: ArrivalPattern): boolean => isSilent(pattern, arrivals.newestAtUs, alpha);
  const isAnySilent = [...arrivals.markets.values()].some(
    ({ pattern, variants }) => mayBeSilent(pattern) || [...variants.values()].some(mayBeSilent),
  );
  return isAnySilent ? 'ALL' : null;
};

/** Silent for more than twice the longest pause so far, and for longer than independent events at the rate so far explain. */
const isSilent = (
  { arrivals, firstAtUs, lastAtUs, longestPauseUs }: ArrivalPattern,
  nowUs: number,
  alpha: number,
): boolean =>
  nowUs - lastAtUs > longestPauseFactor * longestPauseUs &&
  isPauseTooLong(arrivals - 1, lastAtUs - firstAtUs, nowUs - lastAtUs, alpha);

/** The same, counted in arrivals of the peers: every market pauses at night, but not one variant of a market alone. */
const isSilentRelativeToPeers = (
  { arrivals, peersAtFirst, peersAtLast, longestPeerRun }: ArrivalPattern,
  peerArrivals: number,
  alpha: number,
): boolean =>
  peerArrivals - peersAtLast > longestPauseFactor * longestPeerRun &&
  isPauseTooLong(arrivals - 1, peersAtLast - peersAtFirst, peerArrivals - peersAtLast, alpha);

const silence = (pattern: ArrivalPattern, nowUs: number, country: string | null, variant: string | null): Silence => ({
  country,
  variant,
  lastAtUs: pattern.lastAtUs,
  plausiblePause: variant === null ? plausiblePauseOf(pattern, nowUs) : null,
});

/** A night or weekend, if the events span too little time to have shown one. Every weekend includes a Saturday or Sunday. */
const plausiblePauseOf = ({ firstAtUs, lastAtUs }: ArrivalPattern, nowUs: number): Pause | null => {
  const [observedUs, silentUs] = [lastAtUs - firstAtUs, nowUs - lastAtUs];
  if (observedUs < 2 * dayUs && silentUs <= dayUs) return 'night';
  if (observedUs >= 8 * dayUs || silentUs > 3 * dayUs) return null;
  // 1970-01-01 was a Thursday.
  const [from, to] = [Math.floor(lastAtUs / dayUs), Math.floor(nowUs / dayUs)];
  for (let day = from; day <= to; day++) if ((day + 4) % 7 === 0 || (day + 4) % 7 === 6) return 'weekend';
  return null;
};

export const silenceMessage = ({ country, variant, lastAtUs, plausiblePause }: Silence): string => {
  const where = [country ?? 'All markets', ...(variant === null ? [] : [variant])].join(', ');
  const but = plausiblePause ? `, but it may be a ${plausiblePause}, and none was observed yet` : '';
  return `${where}: no event after ${formatInstant(lastAtUs)}, more than twice as long as ever before${but}.`;
};
