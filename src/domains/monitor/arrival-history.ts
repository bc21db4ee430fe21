import type { EventColumns } from '../experiments/event-columns.ts';
import type { FactColumns } from '../facts/memory/columns.ts';
import type { ArrivalOrder } from './arrival-order.ts';
import { type ArrivalPattern, newPattern, type OpenPattern, recordArrival } from './arrival-pattern.ts';
import type { Exposures } from './exposures.ts';

/** The history of one market that has events. */
export interface MarketArrivals {
  readonly pattern: Readonly<ArrivalPattern>;
  /** By the variants that have events in the market. */
  readonly variants: ReadonlyMap<string, Readonly<ArrivalPattern>>;
}

/** How events followed each other, at one moment. Never changes. */
export interface ArrivalSnapshot {
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
  readonly order: ArrivalOrder;
  readonly exposures: Exposures;
  readonly countryName: (code: number) => string;
}

/** The history of one market while events arrive. */
interface OpenMarket {
  readonly pattern: OpenPattern;
  /** By the codes of variants, with holes. */
  readonly variants: OpenPattern[];
}

/** The progress of a pass over the events. */
interface Pass {
  position: number;
  readonly allMarkets: OpenPattern;
}

const minuteUs = 60_000_000;

const newPass = (): Pass => ({ position: 0, allMarkets: newPattern() });

/** Replays the events of one experiment in the order in which they are judged, a slice at a time. */
export class ArrivalHistory {
  readonly #sources: ArrivalSources;
  readonly #columns: FactColumns;
  readonly #events: EventColumns;
  readonly #exposures: Exposures;
  /** By the codes of countries, with holes. */
  readonly #markets: OpenMarket[] = [];
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
  }

  /** True when every event has been replayed: only then a snapshot is complete. */
  get isCurrent(): boolean {
    return this.#main.position === this.#sources.order.length && !this.#replay && this.#stale.size === 0;
  }

  /** The events of a user now count for another country: both countries are replayed. */
  moveUser(from: number, to: number): void {
    if (this.#main.position > 0) this.#stale.add(from).add(to);
  }

  /** Replays the next events, at most `rowsMax`. */
  advance(rowsMax: number): void {
    if (this.#stale.size > 0) this.#startReplay();
    const replay = this.#replay;
    const { order } = this.#sources;
    const pass = replay?.pass ?? this.#main;
    const end = Math.min(replay ? this.#main.position : order.length, pass.position + rowsMax);
    for (; pass.position < end; pass.position++) {
      const row = order.rowAt(pass.position);
      if (replay) this.#repeat(row, replay.countries, pass);
      else this.#add(row);
    }
    if (replay && pass.position === this.#main.position) this.#replay = null;
  }

  snapshot(): ArrivalSnapshot {
    const { events, countryName } = this.#sources;
    const markets = new Map<string, MarketArrivals>();
    this.#markets.forEach(({ pattern, variants: open }, country) => {
      const variants = new Map<string, ArrivalPattern>();
      open.forEach((each, variant) => {
        variants.set(events.variants.textOf(variant), { ...each });
      });
      markets.set(countryName(country), { pattern: { ...pattern }, variants });
    });
    return {
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
    this.#addToMarket(this.#exposures.countryOf(user), row, this.#main);
  }

  #repeat(row: number, countries: ReadonlySet<number>, pass: Pass): void {
    const user = this.#columns.userOf(row);
    recordArrival(pass.allMarkets, this.#columns.occurredAtUsOf(row), user, 0);
    const country = this.#exposures.countryOf(user);
    if (countries.has(country)) this.#addToMarket(country, row, pass);
  }

  #addToMarket(country: number, row: number, pass: Pass): void {
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
  }

  #marketOf(country: number): OpenMarket {
    let market = this.#markets[country];
    if (!market) {
      market = { pattern: newPattern(), variants: [] };
      this.#markets[country] = market;
    }
    return market;
  }
}
