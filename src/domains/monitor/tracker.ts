import { type Growable, growableUint32 } from '../../indices/growable.ts';
import type { Experiment, Plans } from '../experiments/experiments.ts';
import { ArrivalHistory, type PlannedSplit } from './arrival-history.ts';
import { Exposures } from './exposures.ts';
import type { MonitorServices } from './services.ts';

/** Some events of an experiment, counted incrementally. */
export interface TrackedEvents {
  /** The rows of the events, in the order of the ledger. Append-only. */
  readonly rows: Growable<Uint32Array>;
  readonly exposures: Exposures;
  /** Made by the first request that needs it; replaced when the split under test changes. */
  history: ArrivalHistory | null;
  /** The split of the history, as JSON. */
  historySplit: string;
}

/** Rows that are counted without looking at the clock. */
export const rowsPerSlice = 2048;

/** The split under test: the planned one; without a plan equal weights for the variants that have events. */
export const splitUnderTest = ({ allocation }: Experiment, variants: readonly string[]): PlannedSplit | null => {
  if (allocation.length > 0)
    return { variants: allocation.map(({ variant }) => variant), weights: allocation.map(({ weight }) => weight) };
  return variants.length < 2 ? null : { variants, weights: variants.map(() => 1) };
};

/** Assigns every event to its experiment and counts it, in slices and only when a request needs it. */
export class ExperimentTracker {
  readonly #services: MonitorServices;
  #plans: Plans;
  /** By the codes of experiments. */
  #tracked = new Map<number, TrackedEvents>();
  /** The next row to count. */
  #position = 0;

  constructor(services: MonitorServices) {
    this.#services = services;
    this.#plans = services.experiments.plans();
    services.users.onChange((user) => {
      for (const { exposures, history } of this.#tracked.values()) {
        const moved = exposures.moveUser(user);
        if (moved) history?.moveUser(moved.from, moved.to);
      }
    });
  }

  /** Counts the next slice of events. True when none is left; what the caller does synchronously then sees all of them. */
  advance(): boolean {
    const { experiments, experimentEvents } = this.#services;
    if (this.#plans !== experiments.plans()) {
      this.#plans = experiments.plans();
      this.#tracked = new Map();
      this.#position = 0;
    }
    const { rows } = experimentEvents.columns;
    const end = Math.min(rows, this.#position + rowsPerSlice);
    for (; this.#position < end; this.#position++) this.#add(this.#position);
    return this.#position === rows;
  }

  eventsOf({ key }: Experiment): TrackedEvents {
    return this.#tracked.get(this.#services.experiments.keys.codeOf(key) ?? -1) ?? this.#track();
  }

  /** No events yet; their users are counted by the country that `countryOf` gives. */
  track(countryOf: (user: number) => number): TrackedEvents {
    const { columns, events } = this.#services.experimentEvents;
    return {
      rows: growableUint32(),
      exposures: new Exposures({ columns, events, countryOf }),
      history: null,
      historySplit: '',
    };
  }

  /** Replays the next slice of the history of arrivals. True when none is left. */
  advanceHistory(tracked: TrackedEvents, experiment: Experiment): boolean {
    const { users, experimentEvents, limits } = this.#services;
    const { columns, events } = experimentEvents;
    const { rows, exposures } = tracked;
    const split = splitUnderTest(
      experiment,
      exposures.variants.map((variant) => events.variants.textOf(variant)),
    );
    const splitText = JSON.stringify(split);
    if (!tracked.history || tracked.historySplit !== splitText) {
      const countryName = users.countries.names.textOf;
      const sources = { columns, events, rows, exposures, split, alpha: limits.monitorAlpha, countryName };
      tracked.history = new ArrivalHistory(sources);
      tracked.historySplit = splitText;
    }
    tracked.history.advance(rowsPerSlice);
    return tracked.history.isCurrent;
  }

  #track(): TrackedEvents {
    const { users } = this.#services;
    return this.track((user) => users.countries.codeBy(users.attributesCodeAt(user)));
  }

  #add(row: number): void {
    const { columns, events } = this.#services.experimentEvents;
    const experiment = this.#plans.codeAt(events.namedExperimentOf(row), columns.occurredAtUsOf(row));
    let tracked = this.#tracked.get(experiment);
    if (!tracked) {
      tracked = this.#track();
      this.#tracked.set(experiment, tracked);
    }
    tracked.rows.push(row);
    tracked.exposures.add(row);
  }
}
