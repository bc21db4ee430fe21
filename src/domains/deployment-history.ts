import { createSequentialMultinomial, type SequentialMultinomial } from '../lib/statistics/sequential-multinomial.ts';
import type { Deployment } from './deployment.ts';
import type { EventColumns } from './experiment-events.ts';
import type { FactColumns } from './fact-columns.ts';

/**
 * How events of a market or of one of its variants follow each other: by their own time, and by what else came between them.
 * A beat is an event of another user than the one before, because one user's events come in bursts.
 */
export interface Rhythm {
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
export interface HistorySight {
  /** Of the users of a country, of all users for null; undefined without any. */
  splitOf(country: number | null): Split | undefined;
  /** Of a country's events, of one variant or all; undefined without events. */
  rhythmOf(country: number, variant: number | null): Readonly<Rhythm> | undefined;
  /** The newest time of an event, those dated after their coming left out; -Infinity without events. */
  readonly newestAtUs: number;
  /** Of the events of all markets. */
  readonly all: Readonly<Rhythm>;
  /** By the time of coming; what came in one minute is one beat, because files and batches come at once. */
  readonly received: Readonly<Rhythm>;
}

export interface DeploymentHistory {
  /** Goes on with the events that were added meanwhile, at most so many. */
  advance(rowsMax: number): void;
  /** True when there are no more of them; then it can be looked at. */
  readonly isLevel: boolean;
  sight(): HistorySight;
}

const codeLimit = 2 ** 26;
const allVariants = codeLimit - 1;
const allCountries = -1;
const minuteUs = 60_000_000;

/** `rows` are the events that were added to the deployment, in order. */
export const createHistory = (
  { columns, events }: { readonly columns: FactColumns; readonly events: EventColumns },
  deployment: Deployment,
  rows: { readonly length: number; readonly values: ArrayLike<number> },
  split: PlannedSplit | null,
  alpha: number,
): DeploymentHistory => {
  const splits = new Map<number, { readonly test: SequentialMultinomial; readonly counts: number[] }>();
  const rhythms = new Map<number, Beating>();
  const [all, received] = [newRhythm(), newRhythm()];
  const indexOfVariant = new Map(split?.variants.map((variant, index) => [variant, index]));
  let newestAtUs = Number.NEGATIVE_INFINITY;
  let position = 0;
  let usersSeen = 0;

  const rhythmAt = (country: number, variant: number): Beating => {
    const key = country * codeLimit + variant;
    const known = rhythms.get(key);
    if (known) return known;
    const made = newRhythm();
    rhythms.set(key, made);
    return made;
  };

  const test = (country: number, variant: number, mark: number): void => {
    if (!split) return;
    let known = splits.get(country);
    if (!known) {
      known = { test: createSequentialMultinomial(split.weights, { alpha }), counts: split.weights.map(() => 0) };
      splits.set(country, known);
    }
    known.test.add(variant, mark);
    known.counts[variant] = (known.counts[variant] as number) + 1;
  };

  const takeRow = (row: number): void => {
    const [atUs, recordedAtUs] = [columns.occurredAtUsOf(row), events.recordedAtUsOf(row)];
    const user = columns.userOf(row);
    const country = deployment.countryOf(user);
    beat(received, recordedAtUs, Math.floor(recordedAtUs / minuteUs), 0);
    if (atUs <= recordedAtUs) newestAtUs = Math.max(newestAtUs, atUs);
    const ofMarket = rhythmAt(country, allVariants);
    beat(all, atUs, user, 0);
    beat(ofMarket, atUs, user, all.beats);
    beat(rhythmAt(country, events.variantOf(row)), atUs, user, ofMarket.beats);
    if (usersSeen === deployment.users || deployment.firstRowAt(usersSeen) !== row) return;
    usersSeen++;
    const variant = indexOfVariant.get(events.variantOf(row));
    if (variant === undefined) return;
    test(allCountries, variant, atUs);
    test(country, variant, atUs);
  };

  return {
    advance(rowsMax) {
      const to = Math.min(rows.length, position + rowsMax);
      for (; position < to; position++) takeRow(rows.values[position] as number);
    },
    get isLevel() {
      return position === rows.length;
    },
    sight() {
      const splitsNow = new Map([...splits].map(([country, known]) => [country, splitNow(known)]));
      const rhythmsNow = new Map([...rhythms].map(([key, rhythm]) => [key, { ...rhythm }]));
      return {
        splitOf: (country) => splitsNow.get(country ?? allCountries),
        rhythmOf: (country, variant) => rhythmsNow.get(country * codeLimit + (variant ?? allVariants)),
        newestAtUs,
        all: { ...all },
        received: { ...received },
      };
    },
  };
};

const splitNow = ({ test, counts }: { readonly test: SequentialMultinomial; readonly counts: number[] }): Split => {
  const { pValue } = test;
  // A mark is never taken back: what was crossed by now stays so.
  return { test: { pValue, crossedAt: test.crossedAt }, counts: counts.slice(), users: test.count };
};

/** A rhythm that goes on: whose event was the last. */
interface Beating extends Rhythm {
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
