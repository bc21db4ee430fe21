import type { Status } from '../domains/user-status/status.ts';
import type { Random } from './random.ts';
import { addressOf, drawTown } from './towns.ts';

export interface StatusEvent {
  /** Seconds since 1970 UTC. */
  readonly at: number;
  readonly status: Status;
}

export interface Member {
  readonly userId: string;
  readonly country: string;
  readonly ip: string;
  /** Oldest first; the first is the sign-up. */
  readonly history: readonly StatusEvent[];
}

export const daySeconds = 86_400;
export const yearStart = Date.UTC(2025, 0, 1) / 1000;
export const yearDays = 365;
const memberCount = 300;

const at = (text: string): number => Date.parse(`${text}Z`) / 1000;

/** The user of the examples in the documentation: a trial, a year with a break, and a cancellation that was booked by mistake. */
const exampleHistory: readonly StatusEvent[] = [
  { at: at('2025-01-14T09:12:40'), status: 'non-paying' },
  { at: at('2025-01-28T08:30:00'), status: 'paying' },
  { at: at('2025-05-10T16:20:00'), status: 'cancelled' },
  { at: at('2025-09-02T07:45:12'), status: 'paying' },
];

/** What was learned at the end of the year: she had paid until July. */
const exampleCorrections: readonly StatusEvent[] = [
  { at: at('2025-05-10T16:20:00'), status: 'paying' },
  { at: at('2025-07-01T00:00:00'), status: 'cancelled' },
];

/** Months a paying member stays before the next decision: most leave early or never. */
const stayWeights = [0, 6, 9, 8, 6, 5, 4, 3, 3, 3, 2, 2, 14];

const drawHistory = (random: Random, signUpDay: number): StatusEvent[] => {
  const history: StatusEvent[] = [];
  const yearEnd = yearStart + yearDays * daySeconds;
  let time = yearStart + signUpDay * daySeconds + random.below(daySeconds);
  const note = (status: Status): void => {
    if (time < yearEnd) history.push({ at: time, status });
  };
  note('non-paying');
  if (random.chance(14)) return history;
  time += 14 * daySeconds + random.below(2 * daySeconds);
  while (time < yearEnd) {
    note('paying');
    const months = random.weighted(stayWeights);
    // Every quarter the plan is renewed, which the billing system books as the same status again.
    for (let month = 1; month <= months; month++) {
      time += 30 * daySeconds + random.below(daySeconds);
      if (month % 3 === 0 && month < months) note('paying');
    }
    note('cancelled');
    if (!random.chance(45)) break;
    time += (20 + random.below(70)) * daySeconds + random.below(daySeconds);
  }
  return history;
};

/** Half of the members joined in the two months before 2025, the others over the year. */
export const drawMembers = (random: Random): Member[] =>
  Array.from({ length: memberCount }, (_, index) => {
    const userId = `u-${1001 + index}`;
    const town = drawTown(random);
    const ip = addressOf(random, town);
    const drawn = drawHistory(random, random.chance(50) ? random.below(60) - 60 : random.below(340));
    return { userId, country: town.country, ip, history: index === 0 ? exampleHistory : drawn };
  });

/** Cancellations that were booked too early, as later bookings show. */
export const drawCorrections = (random: Random, members: readonly Member[]): Member[] =>
  members.flatMap((member, index) => {
    if (index === 0) return [{ ...member, history: exampleCorrections }];
    const cancelled = member.history.find(({ status }) => status === 'cancelled');
    if (!cancelled || !random.chance(5)) return [];
    const later = cancelled.at + (3 + random.below(12)) * daySeconds;
    const history: StatusEvent[] = [
      { at: cancelled.at, status: 'paying' },
      { at: later, status: 'cancelled' },
    ];
    return [{ ...member, history }];
  });

/** Undefined before the sign-up. */
export const statusAt = ({ history }: Member, time: number): Status | undefined =>
  history.findLast(({ at: changedAt }) => changedAt <= time)?.status;

export const secondsText = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19);

/** A file of status changes: a JSON array. */
export const changesText = (members: readonly Member[]): string => {
  const lines = members.flatMap(({ userId, history }) =>
    history.map(({ at: time, status }) => JSON.stringify({ user_id: userId, created_at: secondsText(time), status })),
  );
  return `[\n  ${lines.join(',\n  ')}\n]\n`;
};
