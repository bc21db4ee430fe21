import type { KnownAsOf, Ledger } from './ledger.ts';

/** Whether a question names an earlier snapshot, so that its answer never changes. */
export const namesSnapshot = ({ knownAtUs, sequence }: KnownAsOf): boolean =>
  knownAtUs !== undefined || sequence !== undefined;

/**
 * What "now" means to a question that names no instant, microseconds since 1970 UTC: the time of the snapshot that it
 * names, and else the clock. The empty snapshot is of 1970, when nothing was known.
 */
export const instantOf = (ledger: Ledger, knownAsOf: KnownAsOf, nowUs: () => number): number =>
  namesSnapshot(knownAsOf) ? (ledger.snapshotAt(ledger.resolveSequence(knownAsOf)).atUs ?? 0) : nowUs();
