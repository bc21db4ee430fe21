import { DecimalSums } from '../../indices/decimal-sums.ts';
import { absentUint32, growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import type { PassScope, UserOutcomes } from './event-passes.ts';
import { type ScannedEvents, scanEvents } from './scan-events.ts';

/** Sums up what users did, in one pass over all events. */
export const scanOutcomes = async (
  scanned: ScannedEvents,
  scope: PassScope,
  eventTypes: readonly string[] | undefined,
): Promise<UserOutcomes> => {
  const { columns, events } = scanned.services.experimentEvents;
  const table = new UserTable();
  const types = eventTypes && new Set(eventTypes.map((type) => events.eventTypes.codeOf(type)));
  await scanEvents(scanned, scope, (row) => {
    const index = table.indexOf(columns.userOf(row));
    table.addExposure(index, events.variantOf(row), columns.occurredAtUsOf(row));
    const known = columns.amountOf(row);
    const amount = Number.isNaN(known) ? 0 : known;
    const isRefund = amount < 0;
    const isOrder = !isRefund && (types ? types.has(events.eventTypeOf(row)) : amount > 0);
    if (isOrder) table.addOrder(index);
    if (isOrder || isRefund) table.values.add(index, amount);
  });
  return {
    userCount: table.size,
    variantOf: (index) => table.variants.values[index] as number,
    marketOf: (index) => scanned.countryOf(table.users.values[index] as number),
    firstAtUs: (index) => table.firstAtUs(index),
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
  readonly values = new DecimalSums();
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
