import type { ArrivalSnapshot, MarketArrivals } from './arrival-history.ts';
import { type ArrivalPattern, newPattern } from './arrival-pattern.ts';
import type { CellPattern, PatternPart, PeerPart } from './engine.ts';

/** The patterns of all events, of each market and of its variants, from those of the cells. */
export const arrivalsOf = (cells: readonly CellPattern[]): ArrivalSnapshot => {
  const inOrder = cells.toSorted((a, b) => a.firstPosition - b.firstPosition);
  const markets = new Map<string, MarketArrivals>();
  for (const { country } of inOrder) {
    if (markets.has(country)) continue;
    const own = inOrder.filter((cell) => cell.country === country);
    const variants = own.map((cell) => [cell.variant, patternOf([cell], ({ cell: part }) => part)] as const);
    markets.set(country, { pattern: patternOf(own, ({ market }) => market), variants: new Map(variants) });
  }
  const received = inOrder.map((cell) => ({
    ...cell,
    firstAtUs: cell.firstRecordedAtUs,
    lastAtUs: cell.lastRecordedAtUs,
  }));
  return {
    markets,
    newestAtUs: Math.max(Number.NEGATIVE_INFINITY, ...inOrder.map(({ newestAtUs }) => newestAtUs ?? -Infinity)),
    allMarkets: patternOf(inOrder, ({ all }) => withoutPeers(all)),
    byReceipt: patternOf(received, ({ byReceipt }) => withoutPeers(byReceipt)),
  };
};

const withoutPeers = (part: PatternPart): PeerPart => ({ ...part, peersAtFirst: 0, peersAtLast: 0, longestPeerRun: 0 });

/** What the parts of some cells make together: they know their own times, and the peers at their first and last event. */
const patternOf = (cells: readonly CellPattern[], partOf: (cell: CellPattern) => PeerPart): ArrivalPattern => {
  const { lastSource: _source, ...pattern } = newPattern();
  let [firstPosition, lastPosition] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const cell of cells) {
    const part = partOf(cell);
    pattern.arrivals += part.arrivals;
    pattern.firstAtUs = Math.min(pattern.firstAtUs, cell.firstAtUs);
    pattern.lastAtUs = Math.max(pattern.lastAtUs, cell.lastAtUs);
    pattern.longestPauseUs = Math.max(pattern.longestPauseUs, part.longestPauseUs);
    pattern.longestPeerRun = Math.max(pattern.longestPeerRun, part.longestPeerRun);
    if (cell.firstPosition < firstPosition) pattern.peersAtFirst = part.peersAtFirst;
    if (cell.lastPosition > lastPosition) pattern.peersAtLast = part.peersAtLast;
    firstPosition = Math.min(firstPosition, cell.firstPosition);
    lastPosition = Math.max(lastPosition, cell.lastPosition);
  }
  return pattern;
};
