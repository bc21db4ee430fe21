import {
  createSequentialMultinomial,
  type SequentialMultinomial,
} from '../../lib/statistics/sequential-multinomial.ts';
import type { EventColumns } from '../experiments/event-columns.ts';
import type { FactColumns } from '../facts/columns.ts';
import { type ArrivalPattern, newPattern, type OpenPattern, recordArrival } from './arrival-pattern.ts';
import type { Exposures } from './exposures.ts';

/** The variants of the split under test, and their weights. */
export interface PlannedSplit {
  readonly variants: readonly string[];
  readonly weights: readonly number[];
}

/** How the users of a market, or all users, are split among the planned variants. Each user counts for the first variant. */
export interface ObservedSplit {
  readonly test: Readonly<Pick<SequentialMultinomial, 'pValue' | 'crossedAt'>>;
  /** Users by the index of the variant. */
  readonly counts: readonly number[];
  readonly users: number;
}

/** The history of one market that has events. */
export interface MarketArrivals {
  /** Undefined while no user of the market takes part in the split. */
  readonly split: ObservedSplit | undefined;
  readonly pattern: Readonly<ArrivalPattern>;
  /** By the variants that have events in the market. */
  readonly variants: ReadonlyMap<string, Readonly<ArrivalPattern>>;
}

/** What depends on the order in which events arrived, at one moment. Never changes. */
export interface ArrivalSnapshot {
  /** Of all users; undefined while no user takes part in the split. */
  readonly split: ObservedSplit | undefined;
  /** By the names of the markets that have events. */
  readonly markets: ReadonlyMap<string, MarketArrivals>;
  /** The newest time of an event, events dated after their arrival left out; -Infinity without events. */
  readonly newestAtUs: number;
  /** Of the events of all markets. */
  readonly allMarkets: Readonly<ArrivalPattern>;
  /** By the time of storing. The events stored in one minute are one arrival, because files and batches arrive at once. */
  readonly byReceipt: Readonly<ArrivalPattern>;
}

export interface ArrivalSources {
  readonly columns: FactColumns;
  readonly events: EventColumns;
  /** The rows that were added to the exposures, in order. Append-only. */
  readonly rows: { readonly length: number; readonly values: ArrayLike<number> };
  readonly exposures: Exposures;
  readonly split: PlannedSplit | null;
  /** The significance level of the sequential tests. */
  readonly alpha: number;
  readonly countryName: (code: number) => string;
}

/** The history of one market while events arrive. */
interface OpenMarket {
  readonly split: OpenSplit | null;
  readonly pattern: OpenPattern;
  /** By the codes of variants, with holes. */
  readonly variants: OpenPattern[];
}

interface OpenSplit {
  readonly test: SequentialMultinomial;
  readonly counts: number[];
}

/** The progress of a pass over the events. */
interface Pass {
  position: number;
  usersSeen: number;
  readonly allMarkets: OpenPattern;
}

const minuteUs = 60_000_000;

const newPass = (): Pass => ({ position: 0, usersSeen: 0, allMarkets: newPattern() });

/** Replays the events of one experiment in the order of their arrival, a slice at a time. */
export class ArrivalHistory {
  readonly #sources: ArrivalSources;
  readonly #columns: FactColumns;
  readonly #events: EventColumns;
  readonly #exposures: Exposures;
  /** The index in the split by the code of the variant. */
  readonly #indexByVariant: ReadonlyMap<number, number>;
  /** By the codes of countries, with holes. */
  readonly #markets: OpenMarket[] = [];
  readonly #overall: OpenSplit | null;
  readonly #byReceipt = newPattern();
  #newestAtUs = Number.NEGATIVE_INFINITY;
  readonly #main = newPass();
  /** Countries whose users have changed since; they are replayed from the start while the main pass waits. */
  #stale = new Set<number>();
  #replay: { readonly countries: ReadonlySet<number>; readonly pass: Pass } | null = null;

  constructor(sources: ArrivalSources) {
    this.#sources = sources;
    this.#columns = sources.columns;
    this.#events = sources.events;
    this.#exposures = sources.exposures;
    const codes = sources.split?.variants.map((variant) => sources.events.variants.intern(variant));
    this.#indexByVariant = new Map(codes?.map((code, index) => [code, index]));
    this.#overall = this.#newSplit();
  }

  /** True when every event has been replayed: only then a snapshot is complete. */
  get isCurrent(): boolean {
    return this.#main.position === this.#sources.rows.length && !this.#replay && this.#stale.size === 0;
  }

  /** The events of a user now count for another country: both countries are replayed. */
  moveUser(from: number, to: number): void {
    if (this.#main.position > 0) this.#stale.add(from).add(to);
  }

  /** Replays the next events, at most `rowsMax`. */
  advance(rowsMax: number): void {
    if (this.#stale.size > 0) this.#startReplay();
    const replay = this.#replay;
    const { rows } = this.#sources;
    const pass = replay?.pass ?? this.#main;
    const end = Math.min(replay ? this.#main.position : rows.length, pass.position + rowsMax);
    for (; pass.position < end; pass.position++) {
      const row = rows.values[pass.position] as number;
      if (replay) this.#repeat(row, replay.countries, pass);
      else this.#add(row);
    }
    if (replay && pass.position === this.#main.position) this.#replay = null;
  }

  snapshot(): ArrivalSnapshot {
    const { events, countryName } = this.#sources;
    const markets = new Map<string, MarketArrivals>();
    this.#markets.forEach(({ split, pattern, variants: open }, country) => {
      const variants = new Map<string, ArrivalPattern>();
      open.forEach((each, variant) => {
        variants.set(events.variants.textOf(variant), { ...each });
      });
      markets.set(countryName(country), { split: splitSnapshot(split), pattern: { ...pattern }, variants });
    });
    return {
      split: splitSnapshot(this.#overall),
      markets,
      newestAtUs: this.#newestAtUs,
      allMarkets: { ...this.#main.allMarkets },
      byReceipt: { ...this.#byReceipt },
    };
  }

  #startReplay(): void {
    for (const country of this.#replay?.countries ?? []) this.#stale.add(country);
    for (const country of this.#stale) delete this.#markets[country];
    this.#replay = { countries: this.#stale, pass: newPass() };
    this.#stale = new Set();
  }

  #add(row: number): void {
    const atUs = this.#columns.occurredAtUsOf(row);
    const recordedAtUs = this.#events.recordedAtUsOf(row);
    const user = this.#columns.userOf(row);
    recordArrival(this.#byReceipt, recordedAtUs, Math.floor(recordedAtUs / minuteUs), 0);
    if (atUs <= recordedAtUs) this.#newestAtUs = Math.max(this.#newestAtUs, atUs);
    recordArrival(this.#main.allMarkets, atUs, user, 0);
    const enrolled = this.#enrolledBy(row, this.#main);
    if (enrolled !== undefined) addToSplit(this.#overall, enrolled, atUs);
    this.#addToMarket(this.#exposures.countryOf(user), row, enrolled, this.#main);
  }

  #repeat(row: number, countries: ReadonlySet<number>, pass: Pass): void {
    const user = this.#columns.userOf(row);
    recordArrival(pass.allMarkets, this.#columns.occurredAtUsOf(row), user, 0);
    const enrolled = this.#enrolledBy(row, pass);
    const country = this.#exposures.countryOf(user);
    if (countries.has(country)) this.#addToMarket(country, row, enrolled, pass);
  }

  #addToMarket(country: number, row: number, enrolled: number | undefined, pass: Pass): void {
    const market = this.#marketOf(country);
    const atUs = this.#columns.occurredAtUsOf(row);
    const user = this.#columns.userOf(row);
    const variant = this.#events.variantOf(row);
    recordArrival(market.pattern, atUs, user, pass.allMarkets.arrivals);
    let ofVariant = market.variants[variant];
    if (!ofVariant) {
      ofVariant = newPattern();
      market.variants[variant] = ofVariant;
    }
    recordArrival(ofVariant, atUs, user, market.pattern.arrivals);
    if (enrolled !== undefined) addToSplit(market.split, enrolled, atUs);
  }

  /** The index of the variant when this is the first event of a user and the variant takes part in the split. */
  #enrolledBy(row: number, pass: Pass): number | undefined {
    if (pass.usersSeen === this.#exposures.userCount || this.#exposures.firstRowAt(pass.usersSeen) !== row)
      return undefined;
    pass.usersSeen++;
    return this.#indexByVariant.get(this.#events.variantOf(row));
  }

  #marketOf(country: number): OpenMarket {
    let market = this.#markets[country];
    if (!market) {
      market = { split: this.#newSplit(), pattern: newPattern(), variants: [] };
      this.#markets[country] = market;
    }
    return market;
  }

  #newSplit(): OpenSplit | null {
    const { split, alpha } = this.#sources;
    if (!split) return null;
    return { test: createSequentialMultinomial(split.weights, { alpha }), counts: split.weights.map(() => 0) };
  }
}

const addToSplit = (split: OpenSplit | null, variant: number, mark: number): void => {
  if (!split) return;
  split.test.add(variant, mark);
  split.counts[variant] = (split.counts[variant] as number) + 1;
};

const splitSnapshot = (split: OpenSplit | null): ObservedSplit | undefined => {
  if (!split || split.test.count === 0) return undefined;
  const { pValue, crossedAt, count } = split.test;
  // A mark is never removed: a line that was crossed stays crossed.
  return { test: { pValue, crossedAt }, counts: split.counts.slice(), users: count };
};
