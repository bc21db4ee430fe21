import { createDecimalSums } from '../../indices/decimal-sums.ts';
import { absentUint32, growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import { scanEvents } from './scan-events.ts';
import type { ReportSources } from './snapshot.ts';
import { phaseIndexAt } from './split-plan.ts';

/**
 * What each counted user did from the first exposure on: the columns of a table with one row for each user, in an order
 * that does not change when events are added. Never changes.
 */
export interface UserOutcomes {
  readonly userCount: number;
  /** Code of the variant of the first exposure: of the earliest event by its own time, of equal times the one stored first. */
  variantOf(index: number): number;
  /** Code of the country. */
  marketOf(index: number): number;
  /** A number for the phase and the shares in force at the first exposure: such users were assigned with equal probabilities. */
  phaseOf(index: number): number;
  /** Whether the user saw several variants. */
  isCrossover(index: number): boolean;
  ordersOf(index: number): number;
  /** The exact sum of the values of orders and refunds, rounded once. */
  valueOf(index: number): number;
}

/**
 * Sums up what users did, in one pass over all events. An order is an event with a value above 0; with `eventTypes` an
 * event of one of these types, with or without a value. An event with a value below 0 is a refund: it lowers the value of
 * the user, whatever its type, and is no order.
 */
export const userOutcomesOf = async (
  sources: ReportSources,
  eventTypes: readonly string[] | undefined,
): Promise<UserOutcomes> => {
  const { users, experimentEvents } = sources.services;
  const { columns, events } = experimentEvents;
  const { split } = sources.snapshot;
  const countryOf = (index: number): number => sources.events.countryOf(table.users.values[index] as number);
  const table = new UserTable();
  const types = eventTypes && new Set(eventTypes.map((type) => events.eventTypes.codeOf(type)));
  await scanEvents(sources, (row) => {
    const index = table.indexOf(columns.userOf(row));
    table.addExposure(index, events.variantOf(row), columns.occurredAtUsOf(row));
    const [units, micros] = [columns.unitsOf(row), columns.microsOf(row)];
    const isRefund = units < 0 || micros < 0;
    const isOrder = !isRefund && (types ? types.has(events.eventTypeOf(row)) : units > 0 || micros > 0);
    if (isOrder) table.addOrder(index);
    if (isOrder || isRefund) table.values.add(index, units, micros);
  });
  return {
    userCount: table.size,
    variantOf: (index) => table.variants.values[index] as number,
    marketOf: countryOf,
    phaseOf(index) {
      if (!split) return 0;
      const phase = phaseIndexAt(split, table.firstAtUs(index));
      // Markets with an allocation of their own are compared apart.
      return phase * split.strata.length + split.stratumOf(phase, users.countries.names.textOf(countryOf(index)));
    },
    isCrossover: (index) => table.crossovers.values[index] === 1,
    ordersOf: (index) => table.orders.values[index] as number,
    valueOf: (index) => Number(table.values.microsOf(index)) / 1e6,
  };
};

/** A row for each user, in the order of first rows. */
class UserTable {
  /** By the code of the user. Codes are dense, so that a hash table would be slower and not smaller. */
  readonly #indexByUser = growableUint32();
  readonly users = growableUint32();
  readonly variants = growableUint32();
  readonly crossovers = growableUint8();
  readonly orders = growableUint32();
  readonly values = createDecimalSums();
  readonly #firstAtUs = growableFloat64();

  get size(): number {
    return this.users.length;
  }

  indexOf(user: number): number {
    while (this.#indexByUser.length <= user) this.#indexByUser.push(absentUint32);
    const known = this.#indexByUser.values[user] as number;
    if (known !== absentUint32) return known;
    this.#indexByUser.set(user, this.users.length);
    this.variants.push(0);
    this.crossovers.push(0);
    this.orders.push(0);
    this.#firstAtUs.push(Infinity);
    return this.users.push(user);
  }

  firstAtUs(index: number): number {
    return this.#firstAtUs.values[index] as number;
  }

  addExposure(index: number, variant: number, atUs: number): void {
    const firstAtUs = this.#firstAtUs.values[index] as number;
    if (firstAtUs !== Infinity && this.variants.values[index] !== variant) this.crossovers.set(index, 1);
    if (atUs >= firstAtUs) return;
    this.#firstAtUs.set(index, atUs);
    this.variants.set(index, variant);
  }

  addOrder(index: number): void {
    this.orders.set(index, (this.orders.values[index] as number) + 1);
  }
}
