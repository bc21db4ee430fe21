import { growableFloat64, growableUint8, growableUint32 } from '../../indices/growable.ts';
import type { SelectedEvents } from './engine.ts';
import type { EventPasses, UserOutcomes } from './event-passes.ts';
import type { Moment } from './request.ts';
import type { MonitorServices } from './services.ts';

/** Results that an engine computes. */
export const enginePasses = (
  { users: { codes }, experimentEvents }: MonitorServices,
  countryOf: Moment['countryOf'],
  select: () => SelectedEvents,
): EventPasses => ({
  trend: (scope, grain, onPoint) => select().trend(scope, grain, onPoint),
  stored: (scope, grain, onPoint) => select().stored(scope, grain, onPoint),
  storedQuality: (scope) => select().storedQuality(scope),
  async outcomes(scope, eventTypes) {
    const table = new OutcomeTable(countryOf);
    await select().eachOutcome(scope, eventTypes, ({ userId, variant, ...outcome }) => {
      const user = codes.codeOf(userId) as number;
      table.add({ ...outcome, user, variant: experimentEvents.events.variants.intern(variant) });
    });
    return table;
  },
  async cell(scope, country, variant) {
    const { seqs, userIds } = await select().cell(scope, country, variant);
    return { seqs, users: userIds.map((userId) => codes.codeOf(userId) as number) };
  },
  seqs: (scope, selection) => select().seqs(scope, selection),
});

interface OutcomeRow {
  readonly user: number;
  readonly variant: number;
  readonly firstAtUs: number;
  readonly isCrossover: boolean;
  readonly orders: number;
  readonly value: bigint;
}

class OutcomeTable implements UserOutcomes {
  readonly #countryOf: (user: number) => number;
  readonly #users = growableUint32();
  readonly #variants = growableUint32();
  readonly #firstAtUs = growableFloat64();
  readonly #crossovers = growableUint8();
  readonly #orders = growableUint32();
  readonly #values = growableFloat64();

  constructor(countryOf: (user: number) => number) {
    this.#countryOf = countryOf;
  }

  get userCount(): number {
    return this.#users.length;
  }

  add({ user, variant, firstAtUs, isCrossover, orders, value }: OutcomeRow): void {
    this.#users.push(user);
    this.#variants.push(variant);
    this.#firstAtUs.push(firstAtUs);
    this.#crossovers.push(Number(isCrossover));
    this.#orders.push(orders);
    this.#values.push(Number(value) / 1e6);
  }

  variantOf(index: number): number {
    return this.#variants.values[index] as number;
  }

  marketOf(index: number): number {
    return this.#countryOf(this.#users.values[index] as number);
  }

  firstAtUs(index: number): number {
    return this.#firstAtUs.values[index] as number;
  }

  isCrossover(index: number): boolean {
    return this.#crossovers.values[index] === 1;
  }

  ordersOf(index: number): number {
    return this.#orders.values[index] as number;
  }

  valueOf(index: number): number {
    return this.#values.values[index] as number;
  }
}
