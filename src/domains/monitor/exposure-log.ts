import { growableUint32 } from '../../indices/growable.ts';

/** No exposure: the end of a user's chain. */
export const noExposure = 0xffffffff;

/** What each user did in each variant: an exposure. The exposures of one user form a linked list. */
export class ExposureLog {
  readonly #variant = growableUint32();
  readonly #next = growableUint32();
  readonly #events = growableUint32();

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
    this.#next.push(noExposure);
    return this.#variant.push(variant);
  }

  link(exposure: number, next: number): void {
    this.#next.set(exposure, next);
  }

  addEvent(exposure: number): void {
    this.#events.set(exposure, (this.#events.values[exposure] as number) + 1);
  }
}
