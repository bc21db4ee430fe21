import type { Context } from '../../src/context.ts';
import type { TrendCounts } from '../../src/domains/monitor/event-passes.ts';
import type { VariantExposure } from '../../src/domains/monitor/snapshot.ts';
import { builder } from '../builder.ts';
import { ExperimentEventConnection } from '../experiments/events.ts';
import { pageOf, selectPage, sliceOf } from '../page.ts';
import { inSnapshot } from '../snapshot.ts';
import { TimeGrain } from '../time.ts';
import { UserConnection, userIn } from '../users.ts';
import type { InReport } from './checks.ts';
import { MonitorType } from './monitor.ts';

type Cell = InReport<VariantExposure>;
type PageArgs = Parameters<typeof selectPage>[1];

const rowsPerPage = 20;

/** The requested page of a list of a cell, of the snapshot at which the walk began. */
const cellPage = async (
  { country, variant, report }: Cell,
  field: 'events' | 'users',
  args: PageArgs,
  { config, yieldAfter }: Context,
) => {
  const parent = JSON.stringify([report.identity, country, variant]);
  const list = { field: `DeploymentCell.${field}`, parent, pageSize: rowsPerPage };
  const selection = selectPage(list, args, config);
  const { sequence = report.snapshot.sequence } = selection;
  const then = sequence === report.snapshot.sequence ? report : await report.at(sequence);
  const { seqs, users } = await then.cellEvents(country, variant);
  const all = field === 'events' ? seqs : users;
  const { start, end, ...sides } = sliceOf(selection, all.length);
  // All cells of a report wait for the same pass over its events.
  await yieldAfter(1 + end - start);
  return {
    found: all.slice(start, end),
    start,
    sides,
    cursors: selection.cursors.at(sequence),
    totalCount: all.length,
    sequence,
  };
};

const eventsPage = async (cell: Cell, args: PageArgs, context: Context) => {
  const { experimentEvents, loadAll } = context;
  const { found, start, sides, totalCount, sequence, cursors } = await cellPage(cell, 'events', args, context);
  const rows = await loadAll(experimentEvents.bySeqs, found);
  const facts = rows.filter((row) => row !== null).map((row) => inSnapshot(row, cell.report.asOf));
  const edge = { asOf: { validAtUs: undefined, sequence } };
  return { ...pageOf(facts, (_fact, index) => start + index, { ...sides, cursors, edge }), totalCount, sequence };
};

const usersPage = async (cell: Cell, args: PageArgs, context: Context) => {
  const { found, start, sides, totalCount, sequence, cursors } = await cellPage(cell, 'users', args, context);
  const users = found
    .map((code) => userIn({ userId: context.users.codes.textOf(code) }, cell.report.asOf, context))
    .filter((user) => user !== null);
  return { ...pageOf(users, (_user, index) => start + index, { ...sides, cursors }), totalCount, sequence };
};

const DeploymentCellType = builder.objectRef<InReport<VariantExposure>>('DeploymentCell').implement({
  description: 'The events of a country and variant.',
  fields: (t) => ({
    country: t.exposeString('country', {
      description: 'The country; `unknown` for users without a country in the users files.',
    }),
    variant: t.exposeString('variant', { description: 'The variant.' }),
    eventCount: t.field({ type: 'BigInt', description: 'The number of events.', resolve: (cell) => cell.eventCount }),
    userCount: t.field({
      type: 'BigInt',
      description: 'The number of different users; a user with events in two variants counts in both.',
      resolve: (cell) => cell.userCount,
    }),
    share: t.exposeFloat('share', {
      description: 'The variant’s part of the country’s users, 0 to 1; 0 without users.',
    }),
    expectedShare: t.exposeFloat('expectedShare', {
      nullable: true,
      description: 'The planned share, equal shares without a plan; null for a variant that is not planned.',
    }),
    events: t.field({
      type: ExperimentEventConnection,
      extensions: { goesThroughAllFacts: true, pageSize: rowsPerPage },
      description:
        'Exactly the events that `eventCount` counts, in the order of recording: those of excluded users and outside of the period are left out. By default the first 20.',
      args: t.arg.connectionArgs(),
      resolve: eventsPage,
    }),
    users: t.field({
      type: UserConnection,
      extensions: { goesThroughAllFacts: true, pageSize: rowsPerPage },
      description:
        'Exactly the users that `userCount` counts, in the order of their first events there; by default the first 20.',
      args: t.arg.connectionArgs(),
      resolve: usersPage,
    }),
  }),
});

const DeploymentPointType = builder.objectRef<TrendCounts>('DeploymentPoint').implement({
  description: 'The events of a country and variant in one period.',
  fields: (t) => ({
    periodStart: t.field({
      type: 'DateTime',
      description: 'The start of the period, inclusive.',
      resolve: ({ periodStartUs }) => periodStartUs,
    }),
    country: t.exposeString('country', { description: 'The country, or `unknown`.' }),
    variant: t.exposeString('variant', { description: 'The variant.' }),
    eventCount: t.field({ type: 'BigInt', description: 'The number of events.', resolve: (point) => point.eventCount }),
    lateEventCount: t.field({
      type: 'BigInt',
      description: 'How many of them arrived after an event that is newer by more than the setting lateAfterMs.',
      resolve: (point) => point.lateEventCount,
    }),
    newUserCount: t.field({
      type: 'BigInt',
      description: 'Users whose first event in this variant is in the period.',
      resolve: (point) => point.newUserCount,
    }),
  }),
});

builder.objectFields(MonitorType, (t) => ({
  deployment: t.field({
    type: [DeploymentCellType],
    description:
      'Events per country and variant, as REST `/monitor` returns them; planned countries and variants without events have a count of 0.',
    resolve: (report) => report.exposures().map((cell) => ({ ...cell, report })),
  }),
  trend: t.field({
    type: [DeploymentPointType],
    extensions: { goesThroughAllFacts: true },
    description:
      'Events per period, country and variant; empty points are left out. The setting trendPointsMax limits their number.',
    args: { grain: t.arg({ type: TimeGrain, required: true, defaultValue: 'HOUR', description: 'The period.' }) },
    resolve: (report, { grain }) => report.trend(grain),
  }),
}));
