import type { Work } from '../../lib/work.ts';
import { createYielder } from '../../lib/yielding.ts';
import { AggregatedUsers } from './aggregated-users.ts';
import { armsOf, checkCells } from './arms.ts';
import { arrivalsOf } from './cell-patterns.ts';
import { type CountedEvents, orderValueOf } from './counted-events.ts';
import type { EventSelection, SelectedEvents } from './engine.ts';
import type { Moment, MonitorRequest } from './request.ts';
import type { MonitorServices } from './services.ts';
import { SplitHistory } from './split-history.ts';
import { phaseIndexAt, phaseStarts, splitPlanOf } from './split-plan.ts';

/** The events that a request counts at a moment. Reads the newest state of what is no record: which batches are open. */
export const selectionOf = (
  { experimentEvents, excludedUsers, users }: MonitorServices,
  { where, range, timeZone, asOf }: Pick<MonitorRequest, 'where' | 'range' | 'timeZone' | 'asOf'>,
  { experiment, sequence }: Moment,
): EventSelection => {
  const { key, startedAtUs, endedAtUs } = experiment;
  const excluded = excludedUsers.at(sequence).times();
  return {
    ...{ experiment: key, sequence, validAtUs: asOf?.validAtUs, where, range, timeZone },
    period: { fromUs: startedAtUs ?? undefined, toUs: endedAtUs ?? undefined },
    excluded: Array.from(excluded, ({ user, bounds }) => ({ userId: users.codes.textOf(user), bounds })),
    openBatches: experimentEvents.events.batches.openKeys(),
  };
};

/** Steps of a history that are taken without looking at the clock. */
const stepsPerSlice = 512;

/** What an engine counts, with the codes of this process and the sequential tests. */
export const countByEngine = async (
  services: MonitorServices,
  { experiment, countryOf }: Moment,
  { selected, work }: { readonly selected: SelectedEvents; readonly work: Work },
): Promise<CountedEvents> => {
  const { limits } = services;
  const countryName = services.users.countries.names.textOf;
  const { variants } = services.experimentEvents.events;
  const [totals, users] = [
    await selected.totals(work),
    await readUsers(services, { experiment, countryOf }, selected, work),
  ];
  const cells = users.cells();
  const seen = { variants: new Set(cells.map(({ variant }) => variant)).size, markets: users.countries().length };
  checkCells(experiment, seen, limits);
  const split = splitPlanOf(experiment, armsOf({ userCount: users.userCount, cells }, variants.textOf));
  const splits =
    split &&
    new SplitHistory({
      ...{ variants, split, countryName, alpha: limits.monitorAlpha },
      ...{ judged: await users.judged(work), users: openUsers(users) },
    });
  const yieldIfDue = createYielder(work);
  while (splits && !splits.advance(stepsPerSlice)) await yieldIfDue();
  const { orders, largestUser, outsideExamples } = totals;
  const codeOf = (userId: string): number => services.users.codes.codeOf(userId) as number;
  return {
    eventCount: totals.events,
    outsideCount: totals.outside,
    outsideExamples: (max) => outsideExamples.slice(0, max).map(({ userId, atUs }) => ({ user: codeOf(userId), atUs })),
    excludedUserCount: totals.excludedUsers,
    returningUserCount: totals.returningUsers,
    unnamedCount: totals.unnamed,
    accountTypes: () => [...totals.accountTypes],
    eventTypes: () => [...totals.eventTypes],
    orders: {
      count: orders.count,
      totalMicros: orders.total,
      largest: orderValueOf({
        units: Number(orders.largest / 1_000_000n),
        micros: Number(orders.largest % 1_000_000n),
      }),
      largestUser: largestUser === null ? null : codeOf(largestUser),
    },
    ...{ users, split, splits },
    arrivals: arrivalsOf(await selected.patterns('BOUNDS', work)),
  };
};

/** They are complete. */
const openUsers = (users: AggregatedUsers) => ({
  corrections: { length: 0, values: [] },
  countryAt: (index: number) => users.countryAt(index),
  firstAtUs: (index: number) => users.firstAtUs(index),
  firstVariantAt: (index: number) => users.firstVariantAt(index),
});

const readUsers = async (
  { users: { codes }, experimentEvents }: MonitorServices,
  { experiment, countryOf }: Pick<Moment, 'experiment' | 'countryOf'>,
  selected: SelectedEvents,
  work: Work,
): Promise<AggregatedUsers> => {
  const { variants, accountTypes, eventTypes } = experimentEvents.events;
  const phasesFromUs = phaseStarts(experiment);
  const users = new AggregatedUsers({ countryOf, phaseOf: (atUs) => phaseIndexAt({ phasesFromUs }, atUs) });
  await selected.eachUser(({ userId, variant, events, lastSeq, first, judged }) => {
    users.add({
      ...{ user: codes.codeOf(userId) as number, variant: variants.intern(variant), events, lastSeq, judged },
      ...{ firstAtUs: first.atUs, firstSeq: first.seq },
      accountType: accountTypes.intern(first.accountType),
      eventType: eventTypes.intern(first.eventType),
    });
  }, work);
  return users;
};
