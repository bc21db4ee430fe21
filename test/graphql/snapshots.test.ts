import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { openApp } from '../support/app.ts';
import { answerAt, anyWrite, newestSequence, type SnapshotQuestion, writeHistory } from '../support/histories.ts';

const user = 'id userId country gender';
const enrichment = 'enrichment { userStatus { status validFrom } country gender hasImage }';
const fact = `id userId occurredAt amount user { ${user} } ${enrichment} provenance { sequence recordedAt }`;
const page = 'totalCount pageInfo { startCursor endCursor hasNextPage hasPreviousPage }';
const groups = `${page} total { count distinctUsers sum median } snapshot { sequence at }
  edges { cursor node { key { userStatus city country variant } measures { count sum average }
    facts(last: 3) { ${page} edges { cursor ${enrichment} node { ${fact} } } } } }`;
const experiment = `id key name startedAt endedAt allocation { variant weight isControl } markets
  phases { from to allocation { variant weight } markets }`;

/** What is asked of every snapshot, by name. */
const questions: Readonly<Record<string, SnapshotQuestion>> = {
  transactions: {
    document: `{ transactions(asOf: $asOf, orderBy: { by: AMOUNT, direction: DESC }, last: 5) {
      ${page} snapshot { sequence at } edges { cursor ${enrichment} node { ... on Transaction { transactionId ip } ${fact} } } } }`,
  },
  'transactions of a status': {
    document: `{ transactions(asOf: $asOf, where: { userStatus: [PAYING], countries: ["SE", "unknown"] }) { ${page} nodes { ${fact} } } }`,
  },
  'transactions of a range': {
    document: '{ transactions(asOf: $asOf, where: { range: { last: "P60D" } }) { totalCount nodes { id } } }',
  },
  'experiment events': {
    document: `{ experimentEvents(asOf: $asOf) { ${page} nodes { eventId variant isLate experiment { ${experiment} } ${fact} } } }`,
  },
  'groups of purchases': {
    document: `{ enrichedAggregate(asOf: $asOf, orderBy: [{ byMeasure: { measure: SUM } }]) { ${groups} } }`,
  },
  'groups of events': { document: `{ enrichedAggregate(asOf: $asOf, source: EXPERIMENT_EVENTS) { ${groups} } }` },
  exclusions: {
    document: `{ excludedUsers(asOf: $asOf, includeEnded: true) { ${page} nodes { id userId reason isExcludedNow end { kind reason } user { ${user} } } } }`,
  },
  experiments: { document: `{ experiments(asOf: $asOf) { ${experiment} } }` },
  monitor: {
    document: `{ monitor(asOf: $asOf) {
      experiment { ${experiment} } isPlanned watermark verdict excludedUserCount returningUserCount outsideEventCount
      snapshot { sequence at } deployment { country variant eventCount userCount share expectedShare }
      markets { country verdict firstEventAt lastEventAt userCount sampleRatio { verdict message } }
      checks { __typename verdict message country
        ... on CrossoverCheck { users share examples { ${page} nodes { ${user} } } }
        ... on SampleRatioTest { pValue chiSquared brokenSince suspects { dimension value users } } }
      trend(grain: DAY) { periodStart country variant eventCount newUserCount }
      outcomes(metric: ORDER_VALUE_PER_USER) { variant users mean }
      arrival { received duplicates rejected stored late inTheFuture medianDelay p99Delay } } }`,
  },
  'REST monitor': { path: '/monitor?sequence=SEQUENCE&experiment=default' },
  'REST monitor of a type': { path: '/monitor?sequence=SEQUENCE&experiment=default&event_type=order' },
  'REST groups of purchases': { path: '/transactions/aggregate?sequence=SEQUENCE' },
  'monitor of a part': {
    document: `{ monitor(asOf: $asOf, range: { last: "P60D" }, where: { userStatus: [NON_PAYING, PAYING] }) {
      verdict returningUserCount deployment { country variant eventCount userCount } checks { verdict message } } }`,
  },
};

it('a snapshot gives the same bytes whatever is written after it, also after a restart', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(anyWrite, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 4 }),
      async (parts) => {
        const app = await openApp({ onDisk: true });
        onTestFinished(app.close);
        const first: { sequence: number; answers: string[] }[] = [];
        const answersAt = async (opened: typeof app, sequence: number): Promise<string[]> => {
          const answers: string[] = [];
          for (const question of Object.values(questions)) answers.push(await answerAt(opened, question, sequence));
          return answers;
        };
        for (const writes of parts) {
          await writeHistory(app, writes);
          const sequence = await newestSequence(app);
          const answers = await answersAt(app, sequence);
          for (const answer of answers) expect(answer).not.toContain('"errors"');
          first.push({ sequence, answers });
        }
        for (const { sequence, answers } of first) expect(await answersAt(app, sequence)).toEqual(answers);
        await app.app.close();
        const again = await openApp({ data: app.data });
        for (const { sequence, answers } of first) expect(await answersAt(again, sequence)).toEqual(answers);
        await again.close();
      },
    ),
    { numRuns: 6, endOnFailure: true },
  );
});

it('an object of a snapshot is found by its id, and shows the snapshot', async () => {
  const app = await openApp();
  onTestFinished(app.close);
  await writeHistory(app, [{ kind: 'purchase', user: 1, value: 1 }]);
  const sequence = await newestSequence(app);
  await writeHistory(app, [{ kind: 'usersFile', user: 1, value: 0 }]);
  const list = (args: string) => `{ transactions${args} { nodes { id user { id country } enrichment { country } } } }`;
  interface List {
    transactions: { nodes: { id: string; user: object }[] };
  }
  const nodes = async (args: string) => ((await app.query<List>(list(args))).data as List).transactions.nodes;
  const [then] = await nodes(`(asOf: { sequence: ${sequence} })`);
  const [now] = await nodes('');
  expect(then).toMatchObject({ user: { country: null }, enrichment: { country: 'unknown' } });
  expect(now).toMatchObject({ user: { country: 'SE' }, enrichment: { country: 'SE' } });
  expect(then?.id).not.toBe(now?.id);
  const fields = '{ id ... on Transaction { user { id country } enrichment { country } } }';
  const found = await app.query('query ($ids: [ID!]!) { nodes(ids: $ids) '.concat(fields, ' }'), {
    ids: [then?.id, now?.id],
  });
  expect(found.data).toEqual({ nodes: [then, now] });
});

it.each([
  ['{ sequence: 99 }', 'sequence 99 is outside of the ledger, which ends at 1'],
  ['{ sequence: -1 }', 'sequence -1 is outside of the ledger, which ends at 1'],
  ['{ sequence: 1, knownAt: "2026-01-01" }', 'asOf has knownAt and sequence'],
])('asOf: %s is refused', async (asOf, message) => {
  const app = await openApp();
  onTestFinished(app.close);
  await writeHistory(app, [{ kind: 'purchase', user: 1, value: 1 }]);
  for (const field of ['transactions', 'experimentEvents', 'monitor', 'excludedUsers', 'enrichedAggregate']) {
    const { errors } = await app.query(`{ ${field}(asOf: ${asOf}) { __typename } }`);
    expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code: 'BAD_REQUEST' } }]);
  }
});
