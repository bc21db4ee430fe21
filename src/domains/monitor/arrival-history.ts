import {
  createSequentialMultinomial,
  type SequentialMultinomial,
} from '../../lib/statistics/sequential-multinomial.ts';
import type { EventColumns } from '../experiments/events.ts';
import type { FactColumns } from '../facts/columns.ts';
import type { Exposures } from './exposures.ts';

/**
 * How events of a market or of one of its variants follow each other: by their own time, and by what else came between them.
 * A beat is an event of another user than the one before, because one user's events come in bursts.
 */
export interface ArrivalPattern {
  beats: number;
  firstAtUs: number;
  lastAtUs: number;
  /** The longest pause between two events so far. */
  longestPauseUs: number;
  /** The beats that all markets, or for a variant its market, had reached with its first and its last event. */
  firstBeat: number;
  lastBeat: number;
  /** The most of those between two events so far. */
  longestRun: number;
}

/** The planned weights of variants, by the codes of the variants. */
export interface PlannedSplit {
  readonly variants: readonly number[];
  readonly weights: readonly number[];
}

/** How the users of a market, or all users, are split among the planned variants; each counts for the first it was seen in. */
export interface Split {
  readonly test: Readonly<Pick<SequentialMultinomial, 'pValue' | 'crossedAt'>>;
  /** Users by the index of the variant. */
  readonly counts: readonly number[];
  readonly users: number;
}

/** What depends on the order in which events came. Never changes once made. */
export interface HistorySnapshot {
  /** Of the users of a country, of all users for null; undefined without any. */
  splitOf(country: number | null): Split | undefined;
  /** Of a country's events, of one variant or all; undefined without events. */
  rhythmOf(country: number, variant: number | null): Readonly<ArrivalPattern> | undefined;
  /** The newest time of an event, those dated after their coming left out; -Infinity without events. */
  readonly newestAtUs: number;
  /** Of the events of all markets. */
  readonly all: Readonly<ArrivalPattern>;
  /** By the time of coming; what came in one minute is one beat, because files and batches come at once. */
  readonly received: Readonly<ArrivalPattern>;
}

export interface ArrivalHistory {
  /** A user's events count for another country now: both countries are gone through anew. */
  moved(from: number, to: number): void;
  /** Goes on with the events that were added or moved meanwhile, at most so many. */
  advance(rowsMax: number): void;
  /** True when there are no more of them; then it can be looked at. */
  readonly isLevel: boolean;
  sight(): HistorySnapshot;
}

const minuteUs = 60_000_000;

/** What depends on the order of the events of one country. */
interface Market {
  readonly split: Counted | null;
  readonly rhythm: Beating;
  /** By the codes of variants. */
  readonly rhythms: Beating[];
}

interface Counted {
  readonly test: SequentialMultinomial;
  readonly counts: number[];
}

/** How far a pass over the events has come. */
interface Pass {
  position: number;
  usersSeen: number;
  readonly all: Beating;
}

const newPass = (): Pass => ({ position: 0, usersSeen: 0, all: newRhythm() });

/** `rows` are the events that were added to the deployment, in order. */
export const createArrivalHistory = (
  { columns, events }: { readonly columns: FactColumns; readonly events: EventColumns },
  deployment: Exposures,
  rows: { readonly length: number; readonly values: ArrayLike<number> },
  split: PlannedSplit | null,
  alpha: number,
): ArrivalHistory => {
  const newCounted = (): Counted | null =>
    split && { test: createSequentialMultinomial(split.weights, { alpha }), counts: split.weights.map(() => 0) };
  const indexOfVariant = new Map(split?.variants.map((variant, index) => [variant, index]));
  /** By the codes of countries. */
  const markets: Market[] = [];
  const ofAll = newCounted();
  const received = newRhythm();
  let newestAtUs = Number.NEGATIVE_INFINITY;
  const main = newPass();
  /** Countries to be gone through anew, and the pass that does so; the main one waits meanwhile. */
  let moved = new Set<number>();
  let repair: { readonly countries: ReadonlySet<number>; readonly pass: Pass } | null = null;

  const marketOf = (country: number): Market => {
    let market = markets[country];
    if (!market) {
      market = { split: newCounted(), rhythm: newRhythm(), rhythms: [] };
      markets[country] = market;
    }
    return market;
  };

  /** The index of the user's variant when this is the first event of a user who takes part in the split. */
  const enrolledBy = (row: number, pass: Pass): number | undefined => {
    if (pass.usersSeen === deployment.users || deployment.firstRowAt(pass.usersSeen) !== row) return undefined;
    pass.usersSeen++;
    return indexOfVariant.get(events.variantOf(row));
  };

  const takeIntoMarket = (
    market: Market,
    row: number,
    atUs: number,
    enrolled: number | undefined,
    pass: Pass,
  ): void => {
    const user = columns.userOf(row);
    const variant = events.variantOf(row);
    beat(market.rhythm, atUs, user, pass.all.beats);
    let ofVariant = market.rhythms[variant];
    if (!ofVariant) {
      ofVariant = newRhythm();
      market.rhythms[variant] = ofVariant;
    }
    beat(ofVariant, atUs, user, market.rhythm.beats);
    if (enrolled !== undefined) count(market.split, enrolled, atUs);
  };

  const take = (row: number): void => {
    const atUs = columns.occurredAtUsOf(row);
    const recordedAtUs = events.recordedAtUsOf(row);
    const user = columns.userOf(row);
    beat(received, recordedAtUs, Math.floor(recordedAtUs / minuteUs), 0);
    if (atUs <= recordedAtUs) newestAtUs = Math.max(newestAtUs, atUs);
    beat(main.all, atUs, user, 0);
    const enrolled = enrolledBy(row, main);
    if (enrolled !== undefined) count(ofAll, enrolled, atUs);
    takeIntoMarket(marketOf(deployment.countryOf(user)), row, atUs, enrolled, main);
  };

  const takeAgain = (row: number, countries: ReadonlySet<number>, pass: Pass): void => {
    const atUs = columns.occurredAtUsOf(row);
    const user = columns.userOf(row);
    beat(pass.all, atUs, user, 0);
    const enrolled = enrolledBy(row, pass);
    const country = deployment.countryOf(user);
    if (countries.has(country)) takeIntoMarket(marketOf(country), row, atUs, enrolled, pass);
  };

  return {
    moved(from, to) {
      if (main.position > 0) moved.add(from).add(to);
    },
    advance(rowsMax) {
      if (moved.size > 0) {
        for (const country of repair?.countries ?? []) moved.add(country);
        for (const country of moved) delete markets[country];
        repair = { countries: moved, pass: newPass() };
        moved = new Set();
      }
      const pass = repair?.pass ?? main;
      const to = Math.min(repair ? main.position : rows.length, pass.position + rowsMax);
      for (; pass.position < to; pass.position++) {
        const row = rows.values[pass.position] as number;
        if (repair) takeAgain(row, repair.countries, pass);
        else take(row);
      }
      if (repair && pass.position === main.position) repair = null;
    },
    get isLevel() {
      return main.position === rows.length && !repair && moved.size === 0;
    },
    sight() {
      const now = markets.map(({ split: counted, rhythm, rhythms }) => ({
        split: counted && counted.test.count > 0 ? splitNow(counted) : undefined,
        rhythm: { ...rhythm },
        rhythms: rhythms.map((each) => ({ ...each })),
      }));
      const ofAllNow = ofAll && ofAll.test.count > 0 ? splitNow(ofAll) : undefined;
      return {
        splitOf: (country) => (country === null ? ofAllNow : now[country]?.split),
        rhythmOf: (country, variant) => (variant === null ? now[country]?.rhythm : now[country]?.rhythms[variant]),
        newestAtUs,
        all: { ...main.all },
        received: { ...received },
      };
    },
  };
};

const count = (counted: Counted | null, variant: number, mark: number): void => {
  if (!counted) return;
  counted.test.add(variant, mark);
  counted.counts[variant] = (counted.counts[variant] as number) + 1;
};

const splitNow = ({ test, counts }: Counted): Split => {
  const { pValue, crossedAt } = test;
  // A mark is never taken back: what was crossed by now stays so.
  return { test: { pValue, crossedAt }, counts: counts.slice(), users: test.count };
};

/** A rhythm that goes on: whose event was the last. */
interface Beating extends ArrivalPattern {
  lastOf: number;
}

const newRhythm = (): Beating => ({
  beats: 0,
  firstAtUs: Number.POSITIVE_INFINITY,
  lastAtUs: Number.NEGATIVE_INFINITY,
  longestPauseUs: 0,
  firstBeat: 0,
  lastBeat: 0,
  longestRun: 0,
  lastOf: -1,
});

/** One more event, of a user. One that is older than the newest shortens no pause: what was missing for so long was missing. */
const beat = (rhythm: Beating, atUs: number, of: number, beatsAround: number): void => {
  if (rhythm.beats === 0) rhythm.firstBeat = beatsAround;
  else {
    if (atUs > rhythm.lastAtUs) rhythm.longestPauseUs = Math.max(rhythm.longestPauseUs, atUs - rhythm.lastAtUs);
    rhythm.longestRun = Math.max(rhythm.longestRun, beatsAround - rhythm.lastBeat);
  }
  if (rhythm.lastOf !== of) rhythm.beats++;
  rhythm.lastOf = of;
  rhythm.lastBeat = beatsAround;
  rhythm.firstAtUs = Math.min(rhythm.firstAtUs, atUs);
  rhythm.lastAtUs = Math.max(rhythm.lastAtUs, atUs);
};
