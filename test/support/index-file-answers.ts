import fc from 'fast-check';
import { expect } from 'vitest';
import { excludedUsers } from '../../db/tables/excluded-users.ts';
import { experimentEvents } from '../../db/tables/experiments.ts';
import { type AnyWrite, anyWrite, perform } from './any-writes.ts';
import type { OpenApp } from './app.ts';
import { snapshotDocument, snapshotPaths } from './snapshot-document.ts';

const userId = fc.constantFrom('a', 'b', 'd', 'ж');
const dayUs = 86_400_000_000;
const experimentWrite = fc.oneof(
  fc.record({
    kind: fc.constant('event' as const),
    userId,
    day: fc.nat(5),
    variant: fc.constantFrom('A', 'B', 'В'),
    experiment: fc.constantFrom(null, 'x', 'y'),
    value: fc.constantFrom(null, '1.5', '-0.000001'),
    importId: fc.constantFrom(null, 7),
  }),
  fc.record({ kind: fc.constant('plan' as const), key: fc.constantFrom('x', 'z'), day: fc.nat(3) }),
  fc.record({ kind: fc.constant('exclusion' as const), userId, ends: fc.boolean(), from: fc.nat(3) }),
);
type ExperimentWrite = typeof experimentWrite extends fc.Arbitrary<infer W> ? W : never;

/** A write to any of the tables that indices are built from. */
export const indexedWrite = fc.oneof({ weight: 2, arbitrary: anyWrite }, { weight: 1, arbitrary: experimentWrite });

export const performIndexed = async (
  opened: OpenApp,
  each: AnyWrite | ExperimentWrite,
  number: number,
): Promise<void> => {
  const { experiments } = opened.app.domains;
  if (each.kind === 'plan') {
    const allocation = ['A', 'B'].map((variant) => ({ variant, weight: 1, isControl: variant === 'A' }));
    const period = { startedAtUs: each.day * dayUs, endedAtUs: null };
    await experiments.save({ key: each.key, name: `plan ${number}`, ...period, allocation, ...noMarkets });
  } else if (each.kind === 'event') {
    const { userId: user, day, variant, experiment, value: orderValue, importId } = each;
    const sent = { userId: user, variant, experiment, orderValue, importId, occurredAtUs: day * dayUs };
    const rest = { line: null, sentBy: null, eventId: `e${number}`, accountType: 'free', eventType: null };
    await opened.app.ledger.write((tx) => tx.append(experimentEvents, { ...sent, ...rest, requestId: null }));
  } else if (each.kind === 'exclusion') {
    const kind = each.ends ? 'INCLUDED' : 'EXCLUDED';
    const terms = { fromUs: each.ends ? null : each.from * dayUs, toUs: null, reason: null };
    const origin = { importId: null, line: null, sentBy: null };
    await opened.app.ledger.write((tx) => tx.append(excludedUsers, { userId: each.userId, kind, ...terms, ...origin }));
  } else await perform(opened, each, number);
};

const noMarkets = { allocationByMarket: [], markets: [] };

const experimentDocument = `query ($asOf: AsOfInput) {
  experiments(asOf: $asOf) { key name startedAt markets state }
  monitor(asOf: $asOf, experiment: "x") {
    isPlanned sentence watermark excludedUserCount outsideEventCount markets { country } deployment { country variant }
  }
  byVariant: enrichedAggregate(asOf: $asOf, source: EXPERIMENT_EVENTS, groupBy: [EXPERIMENT, VARIANT, USER_STATUS, USER]) {
    nodes { key { experiment variant userStatus userId } measures { count sum } }
  }
  experimentEvents(asOf: $asOf) { totalCount nodes { eventId isLate userId variant experiment { key } amount } }
  excludedUsers(asOf: $asOf, includeEnded: true) { totalCount nodes { userId } }
}`;

/** All kinds of answers that rest on indices, as of a sequence number or the newest. */
export const indexedAnswers = async (opened: OpenApp, sequence?: number): Promise<unknown[]> => {
  const asOf = sequence === undefined ? {} : { asOf: { sequence } };
  const parameter = sequence === undefined ? '' : `&sequence=${sequence}`;
  const answers: unknown[] = [opened.app.ledger.snapshot()];
  for (const document of [snapshotDocument('id'), experimentDocument]) {
    const { data, errors } = await opened.query(document, asOf);
    // An experiment that nothing names.
    for (const { extensions } of errors ?? []) expect(extensions?.code).toBe('NOT_FOUND');
    answers.push(data, errors);
  }
  for (const path of snapshotPaths) answers.push(await (await opened.get(path + parameter)).text());
  return answers;
};
