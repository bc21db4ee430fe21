import { DomainError } from '../../errors.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import { compareTexts } from '../../lib/compare.ts';
import { preview } from '../../lib/problems.ts';
import { type Experiment, isInPeriod, plannedMarkets, plannedVariants } from '../experiments/plan.ts';
import { ArrivalHistory } from './arrival-history.ts';
import { ArrivalOrder } from './arrival-order.ts';
import { Exposures } from './exposures.ts';
import type { MonitorServices } from './services.ts';
import { SplitHistory } from './split-history.ts';
import { phaseIndexAt, phaseStarts, type SplitPlan, splitPlanOf } from './split-plan.ts';

/** Positive order values: their number and sum, the largest of them and its row. */
export interface OrderValues {
  readonly count: number;
  readonly total: number;
  readonly largest: number;
  readonly largestRow: number;
}

/** The histories of the events counted so far, and the order and the split that they were made for. */
interface Histories {
  readonly revision: number;
  readonly splitText: string;
  readonly split: SplitPlan | null;
  readonly arrivals: ArrivalHistory;
  /** Null while fewer than two variants are known. */
  readonly splits: SplitHistory | null;
}

/** Without a plan, a variant with a smaller part of the users is a mistake rather than a variant under test. */
const strayShareMax = 0.01;

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
  /** The order values above 0, for the largest share: a sum of doubles. */
  orders: OrderValues = { count: 0, total: 0, largest: 0, largestRow: 0 };
  /** How many of the rows name no experiment. */
  unnamedCount = 0;
  readonly #services: MonitorServices;
  readonly #experiment: Experiment;
  readonly #order: ArrivalOrder;
  #histories: Histories | null = null;

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
      if (columns.hasAmount(row)) this.#addOrder(row, columns.unitsOf(row) + columns.microsOf(row) / 1e6);
    }
  }

  #addOrder(row: number, value: number): void {
    if (value <= 0) return;
    const { count, total, largest, largestRow } = this.orders;
    const isLargest = value > largest;
    this.orders = {
      count: count + 1,
      total: total + value,
      largest: isLargest ? value : largest,
      largestRow: isLargest ? row : largestRow,
    };
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
    this.#checkCells();
    if (!this.#order.advance(rowsMax)) return false;
    const { arrivals, splits } = this.#currentHistories();
    arrivals.advance(rowsMax);
    return (splits?.advance(rowsMax) ?? true) && arrivals.isCurrent;
  }

  /** A report judges each market and variant, of which there may be as many as events have names. */
  #checkCells(): void {
    const { monitorCellsMax } = this.#services.limits;
    const variants = Math.max(this.exposures.variants.length, plannedVariants(this.#experiment).length);
    const markets = Math.max(this.exposures.countries().length, plannedMarkets(this.#experiment).length);
    if (variants * markets <= monitorCellsMax) return;
    throw new DomainError(
      'LIMIT_EXCEEDED',
      `the experiment ${preview(this.#experiment.key)} has ${markets} countries with ${variants} variants, more than ${monitorCellsMax} together (setting monitorCellsMax): its events or users may have wrong names`,
    );
  }

  /** The histories that `advanceHistories` has completed. */
  get histories(): Histories {
    if (!this.#histories) throw new Error('the histories of an experiment were not replayed');
    return this.#histories;
  }

  /** The variants that have events, in order; without a plan strays are left out. */
  arms(): string[] {
    const { variants } = this.#services.experimentEvents.events;
    const usersMin = strayShareMax * this.exposures.userCount;
    const usersOf = this.exposures.usersByVariant();
    return this.exposures.variants
      .filter((code) => (usersOf.get(code) ?? 0) >= usersMin)
      .map((code) => variants.textOf(code))
      .sort(compareTexts);
  }

  #currentHistories(): Histories {
    const { revision } = this.#order;
    const split = splitPlanOf(this.#experiment, this.arms());
    const splitText = JSON.stringify(split);
    const known = this.#histories;
    if (known && known.revision === revision && known.splitText === splitText) return known;
    const { users, experimentEvents, limits } = this.#services;
    const { columns, events } = experimentEvents;
    const countryName = users.countries.names.textOf;
    const sources = { columns, events, order: this.#order, exposures: this.exposures, countryName };
    const splits = split && new SplitHistory({ ...sources, split, alpha: limits.monitorAlpha });
    this.#histories = { revision, splitText, split, splits, arrivals: new ArrivalHistory(sources) };
    return this.#histories;
  }
}
