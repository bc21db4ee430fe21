import { growableFloat64, growableUint32 } from '../../indices/growable.ts';
import type { ExposureCell } from './exposure-cells.ts';

/** No exposure: the end of a user's chain. */
export const noExposure = 0xffffffff;

/** What each user did in each variant: an exposure. The exposures of one user form a linked list. */
export class ExposureLog {
  readonly #variant = growableUint32();
  readonly #next = growableUint32();
  readonly #events = growableUint32();
  readonly #orders = growableUint32();
  readonly #value = growableFloat64();

  variantOf(exposure: number): number {
    return this.#variant.values[exposure] as number;
  }

  nextOf(exposure: number): number {
    return this.#next.values[exposure] as number;
  }

  eventsOf(exposure: number): number {
    return this.#events.values[exposure] as number;
  }

  push(variant: number): number {
    this.#events.push(0);
    this.#orders.push(0);
    this.#value.push(0);
    this.#next.push(noExposure);
    return this.#variant.push(variant);
  }

  link(exposure: number, next: number): void {
    this.#next.set(exposure, next);
  }

  addEvent(exposure: number): void {
    this.#events.set(exposure, (this.#events.values[exposure] as number) + 1);
  }

  addOrder(exposure: number, orderValue: number): void {
    this.#orders.set(exposure, (this.#orders.values[exposure] as number) + 1);
    this.#value.set(exposure, (this.#value.values[exposure] as number) + orderValue);
  }

  /** Adds the orders of an exposure to a cell, or subtracts them. */
  addOrdersTo(cell: ExposureCell, exposure: number, sign: 1 | -1): void {
    const orders = this.#orders.values[exposure] as number;
    if (orders === 0) return;
    const value = this.#value.values[exposure] as number;
    cell.buyers += sign;
    cell.orders += sign * orders;
    cell.orderSquares += sign * orders * orders;
    cell.value += sign * value;
    cell.valueSquares += sign * value * value;
  }
}
