import type { Experiment } from '../experiments/plan.ts';
import type { Plans } from '../experiments/plans.ts';
import { ExperimentCounts } from './experiment-counts.ts';
import type { MonitorServices } from './services.ts';

/** Rows that are counted without looking at the clock. */
export const rowsPerSlice = 512;

/** Assigns every event to its experiment and counts it, in slices and only when a request needs it. */
export class ExperimentTracker {
  readonly #services: MonitorServices;
  #plans: Plans;
  /** Whether users with events were excluded or included since the counts began. */
  #isStale = false;
  /** By the codes of experiments. */
  #counts = new Map<number, ExperimentCounts>();
  /** The next row to count. */
  #position = 0;

  constructor(services: MonitorServices) {
    this.#services = services;
    this.#plans = services.experiments.plans();
    services.users.onChange((user) => {
      for (const counts of this.#counts.values()) counts.moveUser(user);
    });
    services.excludedUsers.onChange((user) => {
      for (const counts of this.#counts.values()) this.#isStale ||= counts.hasEventsOf(user);
    });
  }

  /** Counts the next slice of events. True when none is left; what the caller does synchronously then sees all of them. */
  advance(): boolean {
    const { experiments, experimentEvents } = this.#services;
    if (this.#plans !== experiments.plans() || this.#isStale) {
      this.#plans = experiments.plans();
      this.#isStale = false;
      this.#counts = new Map();
      this.#position = 0;
    }
    const { rows } = experimentEvents.columns;
    const end = Math.min(rows, this.#position + rowsPerSlice);
    for (; this.#position < end; this.#position++) this.#add(this.#position);
    return this.#position === rows;
  }

  /** About how many events of an experiment, and of all, have not been counted. */
  behind(experiment: Experiment): number {
    const isStale = this.#isStale || this.#plans !== this.#services.experiments.plans();
    const counted = isStale ? 0 : this.#position;
    const waiting = isStale ? 0 : this.countsOf(experiment).behind;
    return this.#services.experimentEvents.columns.rows - counted + waiting;
  }

  countsOf(experiment: Experiment): ExperimentCounts {
    const code = this.#services.experiments.keys.codeOf(experiment.key);
    return (code !== undefined && this.#counts.get(code)) || this.#newCounts(experiment);
  }

  #newCounts(experiment: Experiment): ExperimentCounts {
    const { users } = this.#services;
    const countryOf = (user: number): number => users.countries.codeBy(users.attributesCodeAt(user));
    return new ExperimentCounts(this.#services, experiment, countryOf);
  }

  #add(row: number): void {
    const { experiments, experimentEvents } = this.#services;
    const code = experimentEvents.experimentOf(row, this.#plans);
    let counts = this.#counts.get(code);
    if (!counts) {
      counts = this.#newCounts(experiments.experimentOf(experiments.keys.textOf(code)));
      this.#counts.set(code, counts);
    }
    counts.add(row);
  }
}
