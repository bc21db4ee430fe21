import { DecimalSums } from '../../indices/decimal-sums.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import { decimalOf } from '../../lib/millionths.ts';
import { type Experiment, isInPeriod } from '../experiments/plan.ts';
import type { FactColumns } from '../facts/memory/columns.ts';
import { armsOf, checkCells } from './arms.ts';
import { ArrivalHistory } from './arrival-history.ts';
import { ArrivalOrder } from './arrival-order.ts';
import { type CountedEvents, type OrderValues, orderValueOf } from './counted-events.ts';
import { Exposures } from './exposures.ts';
import type { JudgedUsers } from './judged-users.ts';
import type { MonitorServices } from './services.ts';
import { SplitHistory } from './split-history.ts';
import { phaseIndexAt, phaseStarts, type SplitPlan, splitPlanOf } from './split-plan.ts';

/** The histories of the events counted so far, and the order and the split that they were made for. */
interface Histories {
  readonly revision: number;
  readonly splitText: string;
  readonly split: SplitPlan | null;
  readonly arrivals: ArrivalHistory;
  /** Null while fewer than two variants are known. */
  readonly splits: SplitHistory | null;
}

/** The events of one experiment, or some of them, counted incrementally. */
export class ExperimentCounts {
  /** The rows of the events that count, in the order of the ledger. Append-only. */
  readonly rows = new PackedColumn();
  readonly exposures: Exposures;
  /** The rows of events that name the experiment and are dated outside of its period. */
  readonly outside = new PackedColumn();
  /** The rows of the events of excluded users. */
  readonly excluded = new PackedColumn();
  /** Users of whom such an event is left out. */
  readonly excludedUsers = new Set<number>();
  /** Of a time range: users with events in it who were first seen before it. Their events do not count. */
  readonly returningUsers = new Set<number>();
  /** The codes of the types that the events have. */
  readonly accountTypes = new Set<number>();
  readonly eventTypes = new Set<number>();
  /** How many of the rows name no experiment. */
  unnamedCount = 0;
  readonly #services: MonitorServices;
  readonly #experiment: Experiment;
  readonly #order: ArrivalOrder;
  /** The number and the sum of order values above 0, the largest and its row. */
  #orders = { count: 0, largest: 0, largestRow: -1 };
  readonly #orderSum = new DecimalSums();
  #histories: Histories | null = null;
  /** The number of rows when the histories were complete. */
  #replayed = 0;

  /** Users count for the country that `countryOf` gives. */
  constructor(services: MonitorServices, experiment: Experiment, countryOf: (user: number) => number) {
    const { columns, events } = services.experimentEvents;
    this.#services = services;
    this.#experiment = experiment;
    const phasesFromUs = phaseStarts(experiment);
    const phaseOf = (atUs: number): number => phaseIndexAt({ phasesFromUs }, atUs);
    this.exposures = new Exposures({ columns, events, countryOf, phaseOf });
    this.#order = new ArrivalOrder({ columns, events, rows: this.rows });
  }

  /** Counts an event of the experiment, unless it is outside of the period or its user is excluded. */
  add(row: number): void {
    const { excludedUsers, experimentEvents } = this.#services;
    const { columns, events } = experimentEvents;
    const atUs = columns.occurredAtUsOf(row);
    const user = columns.userOf(row);
    if (!isInPeriod(this.#experiment, atUs)) this.outside.push(row);
    else if (excludedUsers.isExcludedAt(user, atUs)) {
      this.excluded.push(row);
      this.excludedUsers.add(user);
    } else {
      this.rows.push(row);
      this.exposures.add(row);
      this.accountTypes.add(events.accountTypeOf(row));
      this.eventTypes.add(events.eventTypeOf(row));
      if (events.namedExperimentOf(row) === null) this.unnamedCount++;
      this.#addOrder(row, columns.amountOf(row));
    }
  }

  #addOrder(row: number, amount: number): void {
    // NaN is no amount.
    if (!(amount > 0)) return;
    const value = orderValueOf(decimalOf(amount));
    const { count, largest, largestRow } = this.#orders;
    this.#orderSum.add(0, amount);
    const isLargest = value > largest;
    this.#orders = {
      count: count + 1,
      largest: isLargest ? value : largest,
      largestRow: isLargest ? row : largestRow,
    };
  }

  /** The events up to now, for a report: the histories are complete. */
  counted(): CountedEvents {
    const { columns, events } = this.#services.experimentEvents;
    const { split, splits, arrivals } = this.histories;
    const outsideCount = this.outside.length;
    return {
      eventCount: this.rows.length,
      outsideCount,
      outsideExamples: (max) =>
        Array.from({ length: Math.min(max, outsideCount) }, (_, index) => {
          const row = this.outside.at(index);
          return { user: columns.userOf(row), atUs: columns.occurredAtUsOf(row) };
        }),
      excludedUserCount: this.excludedUsers.size,
      returningUserCount: this.returningUsers.size,
      unnamedCount: this.unnamedCount,
      accountTypes: () => Array.from(this.accountTypes, events.accountTypes.textOf),
      eventTypes: () => Array.from(this.eventTypes, events.eventTypes.textOf),
      orders: this.#orderValues(),
      ...{ users: this.exposures, split, splits, arrivals: arrivals.snapshot() },
    };
  }

  #orderValues(): OrderValues {
    const { count, largest, largestRow } = this.#orders;
    const { columns } = this.#services.experimentEvents;
    const largestUser = largestRow < 0 ? null : columns.userOf(largestRow);
    return { count, totalMicros: this.#orderSum.microsOf(0), largest, largestUser };
  }

  /** How many events have been counted since the histories were complete. */
  get behind(): number {
    return this.rows.length - this.#replayed;
  }

  /** Whether the user has events that count, or that are left out because the user is excluded. */
  hasEventsOf(user: number): boolean {
    return this.excludedUsers.has(user) || this.exposures.indexOf(user) !== undefined;
  }

  /** The current country of a user may have changed. */
  moveUser(user: number): void {
    const move = this.exposures.moveUser(user);
    if (!move) return;
    this.#histories?.arrivals.moveUser(move.from, move.to);
    this.#histories?.splits?.moveUser(move.index, move.from, move.to);
  }

  /**
   * Replays the next slice of the histories, about `rowsMax` steps. True when none is left. Throws LIMIT_EXCEEDED for too many
   * markets and variants.
   */
  advanceHistories(rowsMax: number): boolean {
    const seen = { variants: this.exposures.variants.length, markets: this.exposures.countries().length };
    checkCells(this.#experiment, seen, this.#services.limits);
    if (!this.#order.advance(rowsMax)) return false;
    const { arrivals, splits } = this.#currentHistories();
    arrivals.advance(rowsMax);
    const isComplete = (splits?.advance(rowsMax) ?? true) && arrivals.isCurrent;
    if (isComplete) this.#replayed = this.rows.length;
    return isComplete;
  }

  /** The histories that `advanceHistories` has completed. */
  get histories(): Histories {
    if (!this.#histories) throw new Error('the histories of an experiment were not replayed');
    return this.#histories;
  }

  #currentHistories(): Histories {
    const { revision } = this.#order;
    const { exposures } = this;
    const { columns, events } = this.#services.experimentEvents;
    const seen = { userCount: exposures.userCount, cells: exposures.cells() };
    const split = splitPlanOf(this.#experiment, armsOf(seen, events.variants.textOf));
    const splitText = JSON.stringify(split);
    const known = this.#histories;
    if (known && known.revision === revision && known.splitText === splitText) return known;
    const { users, limits } = this.#services;
    const countryName = users.countries.names.textOf;
    const judged = judgedUsers(this.#order, exposures, columns);
    const { variants } = events;
    const splits =
      split && new SplitHistory({ variants, judged, users: exposures, split, alpha: limits.monitorAlpha, countryName });
    const arrivals = new ArrivalHistory({ columns, events, order: this.#order, exposures, countryName });
    this.#histories = { revision, splitText, split, splits, arrivals };
    return this.#histories;
  }
}

/** The user of each event in the order in which they are judged. */
const judgedUsers = (order: ArrivalOrder, exposures: Exposures, { userOf }: FactColumns): JudgedUsers => ({
  get length() {
    return order.length;
  },
  indexAt: (position) => exposures.indexOf(userOf(order.rowAt(position))) as number,
  isLookAt: (position) => order.isLookAt(position),
});
