import { builder } from '../builder.ts';
import { ExperimentEventConnection } from '../experiments/events.ts';
import { pageOf, selectPage, sliceOf } from '../page.ts';
import { inSnapshot } from '../snapshot.ts';
import { MonitorType } from './monitor.ts';

const rowsPerPage = 20;

const EventArrival = builder.enumType('EventArrival', {
  description: 'How an event arrived.',
  values: {
    IN_TIME: { description: 'Neither late nor in the future.' },
    LATE: { description: 'After an event that is newer by more than the setting lateAfterMs.' },
    FUTURE: { description: 'Dated after its arrival by more than the setting futureToleranceMs.' },
  } as const,
});

builder.objectField(MonitorType, 'events', (t) =>
  t.field({
    type: ExperimentEventConnection,
    extensions: { goesThroughAllFacts: true, pageSize: rowsPerPage },
    description:
      'Exactly the events that the monitor counts, in the order of recording: those of excluded users and outside of the period are left out. By default the first 20.',
    args: {
      variants: t.arg.stringList({ description: 'Only those of these variants; default: all.' }),
      arrival: t.arg({ type: EventArrival, description: 'Only those that arrived so; default: all.' }),
      ...t.arg.connectionArgs(),
    },
    async resolve(report, { variants, arrival, ...page }, { config, experimentEvents, loadAll }) {
      const parent = JSON.stringify([report.identity, variants, arrival]);
      const selection = selectPage({ field: 'Monitor.events', parent, pageSize: rowsPerPage }, page, config);
      const { sequence = report.snapshot.sequence } = selection;
      const then = sequence === report.snapshot.sequence ? report : await report.at(sequence);
      const seqs = await then.countedEvents({ variants: variants ?? undefined, arrival: arrival ?? undefined });
      const { start, end, ...sides } = sliceOf(selection, seqs.length);
      const rows = await loadAll(experimentEvents.bySeqs, seqs.slice(start, end));
      const facts = rows.filter((row) => row !== null).map((row) => inSnapshot(row, report.asOf));
      const edge = { asOf: { validAtUs: undefined, sequence } };
      const cursors = selection.cursors.at(sequence);
      return {
        ...pageOf(facts, (_fact, index) => start + index, { ...sides, cursors, edge }),
        ...{ totalCount: seqs.length, sequence },
      };
    },
  }),
);
