import type { Decimal } from '../../lib/decimal.ts';
import type { ArrivalSnapshot } from './arrival-history.ts';
import type { CountedUsers } from './counted-users.ts';
import type { SplitHistory } from './split-history.ts';
import type { SplitPlan } from './split-plan.ts';

/** Order values above 0: their number and exact sum, the largest of them and its user. */
export interface OrderValues {
  readonly count: number;
  readonly totalMicros: bigint;
  readonly largest: number;
  /** The user's code; null without such a value. */
  readonly largestUser: number | null;
}

/** The value of an order, rounded as every engine does. */
export const orderValueOf = ({ units, micros }: Decimal): number => units + micros / 1e6;

/** An event as an example. */
export interface ExampleEvent {
  readonly user: number;
  readonly atUs: number;
}

/** What a report reads of the events that it counts, whichever engine holds them. */
export interface CountedEvents {
  readonly eventCount: number;
  /** Events that name the experiment and are dated outside of its period. */
  readonly outsideCount: number;
  /** The first ones that were stored. */
  outsideExamples(max: number): ExampleEvent[];
  /** Users of whom events are left out because they are excluded. */
  readonly excludedUserCount: number;
  /** Of a time range: users with events in it who were first seen before it. Their events do not count. */
  readonly returningUserCount: number;
  /** How many of the events name no experiment. */
  readonly unnamedCount: number;
  /** Names of the types that the events have, in the order of their first events. */
  accountTypes(): string[];
  eventTypes(): string[];
  readonly orders: OrderValues;
  readonly users: CountedUsers;
  /** Null while fewer than two variants are known. */
  readonly split: SplitPlan | null;
  readonly splits: SplitHistory | null;
  readonly arrivals: ArrivalSnapshot;
}
