import { growableUint8, growableUint32 } from '../../indices/growable.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import { sharesOfPlanned } from '../../lib/statistics/plan.ts';
import {
  createSequentialMultinomial,
  type SequentialMultinomial,
} from '../../lib/statistics/sequential-multinomial.ts';
import type { EventColumns } from '../experiments/event-columns.ts';
import type { CountedUsers } from './counted-users.ts';
import type { JudgedUsers } from './judged-users.ts';
import { phaseIndexAt, type SplitPlan } from './split-plan.ts';

/** How the users of a market, or all users, are split among the planned variants. Each user counts for the first variant. */
export interface ObservedSplit {
  readonly test: Readonly<Pick<SequentialMultinomial, 'pValue' | 'crossedAt'>>;
  /** The e-value of each stratum alone, as a natural logarithm. */
  readonly logEValues: readonly number[];
  /** Users by the index of the variant. */
  readonly counts: readonly number[];
  /** The number of users by the plan, by the index of the variant. */
  readonly expected: readonly number[];
  readonly users: number;
  /** Users by stratum and by the index of the variant. */
  readonly strata: readonly (readonly number[])[];
}

/** The tests of all users and of each market, at one moment. Never changes. */
export interface SplitSnapshot {
  /** Undefined while no user takes part. */
  readonly all: ObservedSplit | undefined;
  /** By the names of the markets in which users take part. */
  readonly markets: ReadonlyMap<string, ObservedSplit>;
  /** Users whose first variant was not planned then, by market and variant. */
  readonly unplanned: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Users whose events still arrive. */
interface OpenUsers extends Pick<CountedUsers, 'countryAt' | 'firstAtUs' | 'firstVariantAt'> {
  /** The indices of users of whom an event before the first one so far arrived, in that order. Append-only. */
  readonly corrections: { readonly length: number; readonly values: ArrayLike<number> };
}

export interface SplitSources {
  readonly variants: EventColumns['variants'];
  readonly judged: JudgedUsers;
  readonly users: OpenUsers;
  readonly split: SplitPlan;
  /** The significance level of the sequential tests. */
  readonly alpha: number;
  readonly countryName: (code: number) => string;
}

interface OpenSplit {
  readonly test: SequentialMultinomial;
  /** By stratum and variant. */
  readonly strata: number[][];
  /** The time of the first event of the user added last; null after a look. */
  unseenAtUs: number | null;
}

/** The tests that are replayed from the start, because users of theirs count differently now. */
interface Replay {
  /** Null among the countries stands for all users. */
  readonly countries: ReadonlySet<number | null>;
  position: number;
  readonly end: number;
}

const notEnrolled = 0;
const notPlanned = 1;
const firstCell = 2;

/**
 * The sequential tests over the users of one experiment, a slice of events at a time. A user is enrolled when the first event
 * arrives, and is judged by what is known of the first event in time: its variant, and the weights in force then.
 * When an older event arrives late, or the user's country changes, the tests that it concerns are replayed.
 */
export class SplitHistory {
  readonly #sources: SplitSources;
  readonly #indexByVariant: ReadonlyMap<number, number>;
  #overall: OpenSplit;
  /** By the codes of countries, with holes. */
  readonly #markets: OpenSplit[] = [];
  /** The indices of users in the order of enrollment, and whether a look follows each of them. */
  readonly #enrolled = new PackedColumn();
  readonly #looks = growableUint8();
  /** By the index of the user: not enrolled, not planned, or `firstCell` + stratum × variants + variant. */
  readonly #cells = growableUint32();
  /** By the index of the user: the code of the first variant. */
  readonly #variants = growableUint32();
  /** Users by the codes of country and variant. */
  readonly #unplanned = new Map<number, Map<number, number>>();
  #position = 0;
  #correction = 0;
  #stale = new Set<number | null>();
  #replay: Replay | null = null;
  /** The tests with users since the last look. */
  #unseen: OpenSplit[] = [];

  constructor(sources: SplitSources) {
    this.#sources = sources;
    const { split, variants } = sources;
    this.#indexByVariant = new Map(split.variants.map((name, index) => [variants.intern(name), index]));
    this.#overall = this.#newSplit();
  }

  /** The stratum and variant by which the user at an index is judged; null when not planned. */
  cellOf(index: number): { readonly stratum: number; readonly variant: number } | null {
    const cell = this.#cellAt(index);
    if (cell < firstCell) return null;
    const { length } = this.#sources.split.variants;
    return { stratum: Math.floor((cell - firstCell) / length), variant: (cell - firstCell) % length };
  }

  /** The user at an index now counts for another country. */
  moveUser(index: number, from: number, to: number): void {
    this.#correct(index, from, to);
  }

  /** Enrolls the users of the next events, or replays, in about `rowsMax` steps. True when nothing is left. */
  advance(rowsMax: number): boolean {
    const { judged, users } = this.#sources;
    for (; this.#correction < users.corrections.length; this.#correction++) {
      const index = users.corrections.values[this.#correction] as number;
      const country = users.countryAt(index);
      this.#correct(index, country, country);
    }
    if (this.#stale.size > 0) this.#startReplay();
    if (this.#replay) this.#continueReplay(this.#replay, rowsMax);
    else this.#enrollNext(Math.min(judged.length, this.#position + rowsMax));
    return this.#position === judged.length && !this.#replay && this.#stale.size === 0;
  }

  snapshot(): SplitSnapshot {
    const { countryName, variants, split } = this.#sources;
    const markets = new Map<string, ObservedSplit>();
    this.#markets.forEach((open, country) => {
      const observed = observedSplit(open, split);
      if (observed) markets.set(countryName(country), observed);
    });
    const unplanned = new Map(
      [...this.#unplanned].map(([country, counts]) => [
        countryName(country),
        new Map([...counts].map(([variant, users]) => [variants.textOf(variant), users])),
      ]),
    );
    return { all: observedSplit(this.#overall, split), markets, unplanned };
  }

  #enrollNext(end: number): void {
    const { judged } = this.#sources;
    for (; this.#position < end; this.#position++) {
      const index = judged.indexAt(this.#position);
      if (this.#cellAt(index) === notEnrolled) this.#enroll(index);
      if (judged.isLookAt(this.#position)) this.#look();
    }
  }

  #enroll(index: number): void {
    const cell = this.#currentCellOf(index);
    while (this.#cells.length <= index) {
      this.#cells.push(notEnrolled);
      this.#variants.push(0);
    }
    this.#set(index, cell);
    this.#enrolled.push(index);
    this.#looks.push(0);
    if (cell === notPlanned) this.#countUnplanned(index, this.#sources.users.countryAt(index), 1);
    else this.#addTo(index, cell, null);
  }

  #set(index: number, cell: number): void {
    this.#cells.set(index, cell);
    this.#variants.set(index, this.#sources.users.firstVariantAt(index));
  }

  #countUnplanned(index: number, country: number, sign: 1 | -1): void {
    const counts = this.#unplanned.get(country) ?? new Map<number, number>();
    const variant = this.#variants.values[index] as number;
    counts.set(variant, (counts.get(variant) ?? 0) + sign);
    this.#unplanned.set(country, counts);
  }

  /** Looks at every test that has new users. */
  #look(): void {
    // Also after users who are not planned: a correction can make them so.
    if (this.#enrolled.length > 0) this.#looks.set(this.#enrolled.length - 1, 1);
    this.#lookAtUnseen();
  }

  #lookAtUnseen(): void {
    if (this.#unseen.length === 0) return;
    for (const split of this.#unseen) {
      split.test.look(split.unseenAtUs as number);
      split.unseenAtUs = null;
    }
    this.#unseen = [];
  }

  /** Adds a user to the tests of all users and of the user's country, or only to those that are replayed. */
  #addTo(index: number, cell: number, only: ReadonlySet<number | null> | null): void {
    const { users, split } = this.#sources;
    const country = users.countryAt(index);
    const atUs = users.firstAtUs(index);
    const stratum = Math.floor((cell - firstCell) / split.variants.length);
    const variant = (cell - firstCell) % split.variants.length;
    if (!only || only.has(null)) this.#addToSplit(this.#overall, stratum, variant, atUs);
    if (!only || only.has(country)) this.#addToSplit(this.#marketOf(country), stratum, variant, atUs);
  }

  #addToSplit(open: OpenSplit, stratum: number, variant: number, atUs: number): void {
    open.test.add(stratum, variant);
    const counts = open.strata[stratum] as number[];
    counts[variant] = (counts[variant] as number) + 1;
    if (open.unseenAtUs === null) this.#unseen.push(open);
    open.unseenAtUs = atUs;
  }

  /** What is known of an enrolled user has changed. */
  #correct(index: number, from: number, to: number): void {
    const before = this.#cellAt(index);
    if (before === notEnrolled) return;
    const after = this.#currentCellOf(index);
    if (before === notPlanned) this.#countUnplanned(index, from, -1);
    this.#set(index, after);
    if (after === notPlanned) this.#countUnplanned(index, to, 1);
    if (before === after && from === to) return;
    if (before !== after) this.#stale.add(null);
    this.#stale.add(from).add(to);
  }

  #startReplay(): void {
    for (const country of this.#replay?.countries ?? []) this.#stale.add(country);
    this.#lookAtUnseen();
    for (const country of this.#stale) {
      if (country === null) this.#overall = this.#newSplit();
      else delete this.#markets[country];
    }
    this.#replay = { countries: this.#stale, position: 0, end: this.#enrolled.length };
    this.#stale = new Set();
  }

  #continueReplay(replay: Replay, stepsMax: number): void {
    const end = Math.min(replay.end, replay.position + stepsMax);
    for (; replay.position < end; replay.position++) {
      const index = this.#enrolled.at(replay.position);
      const cell = this.#cellAt(index);
      if (cell >= firstCell) this.#addTo(index, cell, replay.countries);
      if (this.#looks.values[replay.position] === 1) this.#lookAtUnseen();
    }
    if (replay.position === replay.end) this.#replay = null;
  }

  #cellAt(index: number): number {
    return index < this.#cells.length ? (this.#cells.values[index] as number) : notEnrolled;
  }

  #currentCellOf(index: number): number {
    const { users, split, countryName } = this.#sources;
    const variant = this.#indexByVariant.get(users.firstVariantAt(index));
    if (variant === undefined) return notPlanned;
    const phase = phaseIndexAt(split, users.firstAtUs(index));
    const stratum = split.stratumOf(phase, countryName(users.countryAt(index)));
    const isPlanned = ((split.strata[stratum] as readonly number[])[variant] as number) > 0;
    return isPlanned ? firstCell + stratum * split.variants.length + variant : notPlanned;
  }

  #marketOf(country: number): OpenSplit {
    let market = this.#markets[country];
    if (!market) {
      market = this.#newSplit();
      this.#markets[country] = market;
    }
    return market;
  }

  #newSplit(): OpenSplit {
    const { split, alpha } = this.#sources;
    const strata = split.strata.map((weights) => weights.map(() => 0));
    return { test: createSequentialMultinomial(split.strata, { alpha }), strata, unseenAtUs: null };
  }
}

const observedSplit = ({ test, strata: open }: OpenSplit, split: SplitPlan): ObservedSplit | undefined => {
  if (test.count === 0) return undefined;
  const strata = open.map((counts) => counts.slice());
  const usersOf = strata.map((counts) => counts.reduce((sum, users) => sum + users, 0));
  const shares = split.strata.map((weights) => sharesOfPlanned(weights));
  const sumOf = (usersIn: (stratum: number) => number): number =>
    strata.reduce((sum, _counts, stratum) => sum + usersIn(stratum), 0);
  const counts = split.variants.map((_, index) => sumOf((stratum) => strata[stratum]?.[index] as number));
  const expected = split.variants.map((_, index) =>
    sumOf((stratum) => (usersOf[stratum] as number) * (shares[stratum]?.[index] as number)),
  );
  const { pValue, crossedAt, count } = test;
  const logEValues = strata.map((_, stratum) => test.logEValueOf(stratum));
  // A mark is never removed: a line that was crossed stays crossed.
  return { test: { pValue, crossedAt }, logEValues, counts, expected, users: count, strata };
};
