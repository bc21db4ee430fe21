import type { EventSelection, MonitorEngine } from '../../src/domains/monitor/engine.ts';
import { eachUser, readTotals } from './monitor-counts.ts';
import { eachOutcome, type PassServices, passesOf } from './monitor-passes.ts';
import { readPatterns } from './monitor-patterns.ts';

/** Counts events for the monitor from what is in ClickHouse. */
export const createMonitorEngine = (services: PassServices): MonitorEngine => ({
  select: (selection: EventSelection) => ({
    totals: (work) => readTotals(services, selection, work),
    eachUser: (visit, work) => eachUser(services, selection, visit, work),
    patterns: (detail, work) => readPatterns(services, selection, detail, work),
    ...passesOf(services, selection),
    eachOutcome: (scope, eventTypes, visit) => eachOutcome(services, selection, scope, { eventTypes, visit }),
  }),
});
