import { formatInstant } from '../../lib/time.ts';
import { type Experiment, phasesInPeriod, variantsOfPhase } from '../experiments/plan.ts';
import { placeholderUserIds } from './placeholder-users.ts';
import type { MonitorVerdict } from './sample-ratio.ts';
import { similarNames } from './similar-names.ts';
import type { MonitorSnapshot, ReportSources } from './snapshot.ts';
import { percent, pluralize } from './text.ts';

export type DataCheckKind =
  | 'NO_EVENTS'
  | 'STRAY_VARIANT'
  | 'SIMILAR_NAMES'
  | 'PLACEHOLDER_USER'
  | 'OUTSIZED_USER'
  | 'OUTSIZED_ORDER'
  | 'OUTSIDE_PERIOD'
  | 'OVERLAPPING_PLANS';

/** Something in the data or the plans that makes figures wrong or missing, whatever the split. */
export interface DataCheck {
  readonly kind: DataCheckKind;
  readonly verdict: MonitorVerdict;
  readonly message: string;
  /** The requested market, for a check of one market. */
  readonly country: string | null;
  /** The number of events, users, names or plans at fault. */
  readonly count: number;
  /** Some of them. */
  readonly examples: readonly string[];
}

/** From this part of the events on, a placeholder distorts figures. */
const placeholderShareMax = 0.01;
/** One user with more of the events, of enough events to tell, is a program or a mistake. */
const outsizedUserShare = 0.05;
const outsizedUserEventsMin = 100;
/** Where there are few users, each has a large part: how many times the events of an average user are too many. */
const outsizedUserFactor = 5;
/** One order with more of the whole order value decides every comparison of values. */
const outsizedOrderShare = 0.2;
const outsizedOrdersMin = 30;
const examplesMax = 5;

/** The events that a snapshot counts in the requested market. */
export const countedEvents = ({ cells, country }: MonitorSnapshot): number =>
  cells.reduce((sum, cell) => sum + (country === undefined || cell.country === country ? cell.events : 0), 0);

/** Only the checks that found something. Those of the whole experiment are left out when one market is requested. */
export const dataChecks = (sources: ReportSources): DataCheck[] => {
  const { snapshot } = sources;
  const noEvents = noEventsOf(snapshot);
  if (snapshot.country !== undefined) return noEvents;
  return [
    ...noEvents,
    ...strayVariants(snapshot),
    ...namesCheck(sources),
    ...placeholderUsers(sources),
    ...outsizedUser(sources),
    ...outsizedOrder(sources),
    ...outsidePeriod(sources),
    ...overlappingPlans(sources),
  ];
};

const watch = (
  kind: DataCheckKind,
  message: string,
  { count, examples }: Pick<DataCheck, 'count' | 'examples'>,
): DataCheck => ({ kind, verdict: 'WATCH', message, country: null, count, examples: examples.slice(0, examplesMax) });

const noEventsOf = (snapshot: MonitorSnapshot): DataCheck[] => {
  const { country, experiment, outsideCount, excludedUserCount } = snapshot;
  if (countedEvents(snapshot) > 0) return [];
  const reasons = [
    ...(outsideCount > 0 ? [`${pluralize(outsideCount, 'event')} outside of its period`] : []),
    ...(excludedUserCount > 0 ? [`events of ${pluralize(excludedUserCount, 'excluded user')}`] : []),
  ];
  const others = reasons.length > 0 ? `, only ${reasons.join(' and ')}` : '';
  const isDraft = snapshot.isPlanned && experiment.startedAtUs === null;
  const draft = isDraft ? '; its plan has no startedAt, so it claims no events that name no experiment' : '';
  const message = `${country ?? 'All markets'}: no event counts${others}${draft}.`;
  return [{ kind: 'NO_EVENTS', verdict: 'NO_DATA', message, country: country ?? null, count: 0, examples: [] }];
};

const strayVariants = ({ cells, isPlanned, split, userCount }: MonitorSnapshot): DataCheck[] => {
  if (isPlanned) return [];
  const few = cells.filter(({ variant }) => split && !split.variants.includes(variant));
  const names = [...new Set(few.map(({ variant }) => variant))];
  if (names.length === 0) return [];
  const users = few.reduce((sum, cell) => sum + cell.users, 0);
  const share = percent(users / userCount);
  const message = `All markets: ${pluralize(users, 'user')} (${share}) in ${names.join(', ')}: too few for a variant under test.`;
  return [watch('STRAY_VARIANT', message, { count: users, examples: names })];
};

const namesCheck = ({ services, snapshot, events }: ReportSources): DataCheck[] => {
  const { experiment, cells } = snapshot;
  const found: [what: string, groups: string[][]][] = [
    ['variants', similarNames([...experiment.phases.flatMap(variantsOfPhase), ...cells.map(({ variant }) => variant)])],
    [
      'countries',
      similarNames([...experiment.phases.flatMap(({ markets }) => markets), ...cells.map((cell) => cell.country)]),
    ],
    ['account types', similarNames(events.accountTypes())],
    ['event types', similarNames(events.eventTypes())],
    ['experiments', similarNames(services.experiments.allKeys()).filter((group) => group.includes(experiment.key))],
  ];
  return found.flatMap(([what, groups]) => {
    if (groups.length === 0) return [];
    const examples = groups.map((group) => group.map((name) => JSON.stringify(name)).join(' and '));
    const message = `All markets: ${what} with almost the same name count apart: ${examples.slice(0, examplesMax).join('; ')}.`;
    return [watch('SIMILAR_NAMES', message, { count: groups.flat().length, examples })];
  });
};

const placeholderUsers = ({ services: { users }, snapshot, events }: ReportSources): DataCheck[] => {
  const { eventCount } = snapshot;
  return placeholderUserIds.flatMap((id) => {
    const user = users.codes.codeOf(id);
    const count = user === undefined ? 0 : events.users.eventsOf(user);
    if (count <= eventCount * placeholderShareMax) return [];
    const share = percent(count / eventCount);
    const message = `All markets: ${pluralize(count, 'event')} (${share}) of the user ${JSON.stringify(id)}, which looks like a placeholder: different people count as one user.`;
    return [watch('PLACEHOLDER_USER', message, { count, examples: [id] })];
  });
};

const outsizedUser = ({ services: { users }, snapshot, events }: ReportSources): DataCheck[] => {
  const { eventCount, userCount } = snapshot;
  const { user, events: count } = events.users.busiest;
  const eventsMin = Math.max(
    outsizedUserEventsMin,
    eventCount * outsizedUserShare,
    (eventCount / userCount) * outsizedUserFactor,
  );
  if (user === null || count < eventsMin) return [];
  const id = users.codes.textOf(user);
  const share = percent(count / eventCount);
  const message = `All markets: ${pluralize(count, 'event')} (${share}) of the user ${JSON.stringify(id)} alone.`;
  return [watch('OUTSIZED_USER', message, { count, examples: [id] })];
};

const outsizedOrder = ({ services, events: { orders } }: ReportSources): DataCheck[] => {
  const { count, totalMicros, largest, largestUser } = orders;
  const total = Number(totalMicros) / 1e6;
  if (largestUser === null || count < outsizedOrdersMin || largest < total * outsizedOrderShare) return [];
  const id = services.users.codes.textOf(largestUser);
  const share = percent(largest / total);
  const message = `All markets: one order of ${largest} is ${share} of the whole order value (user ${JSON.stringify(id)}).`;
  return [watch('OUTSIZED_ORDER', message, { count: 1, examples: [id] })];
};

const outsidePeriod = ({ services, snapshot, events }: ReportSources): DataCheck[] => {
  const { outsideCount: count } = snapshot;
  if (count === 0) return [];
  const examples = events
    .outsideExamples(examplesMax)
    .map(({ user, atUs }) => `${services.users.codes.textOf(user)} at ${formatInstant(atUs)}`);
  const message = `All markets: ${pluralize(count, 'event')} outside of the period of the experiment, which do not count.`;
  return [watch('OUTSIDE_PERIOD', message, { count, examples })];
};

/** Plans of the same time and the same variants: an event that names no experiment could belong to either. */
const overlappingPlans = ({ services: { experiments }, snapshot }: ReportSources): DataCheck[] => {
  const { experiment, unnamedCount, eventCount } = snapshot;
  // Where every event names its experiment, no plan claims any.
  if (experiment.startedAtUs === null || (eventCount > 0 && unnamedCount === 0)) return [];
  const others = experiments
    .plans()
    .all.filter((plan) => plan.key !== experiment.key && couldClaimSame(plan, experiment));
  if (others.length === 0) return [];
  const names = others.map(({ key }) => key);
  const message = `All markets: the plan runs at the same time as ${names.slice(0, examplesMax).join(', ')} with variants of the same name; events that name no experiment belong to the one that started last.`;
  return [watch('OVERLAPPING_PLANS', message, { count: others.length, examples: names })];
};

const couldClaimSame = (a: Experiment, b: Experiment): boolean => {
  if (a.startedAtUs === null || b.startedAtUs === null) return false;
  return phasesInPeriod(a).some((ofA) =>
    phasesInPeriod(b).some((ofB) => {
      const overlap =
        (ofA.fromUs ?? -Infinity) < (ofB.toUs ?? Infinity) && (ofB.fromUs ?? -Infinity) < (ofA.toUs ?? Infinity);
      const [variantsA, variantsB] = [variantsOfPhase(ofA), variantsOfPhase(ofB)];
      const isSame =
        variantsA.length === 0 || variantsB.length === 0 || variantsA.some((name) => variantsB.includes(name));
      return overlap && isSame;
    }),
  );
};
