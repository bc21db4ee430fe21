import { scanQuality } from './arrival-quality.ts';
import { scanStored } from './arrival-trend.ts';
import { createCellScans } from './cell-events.ts';
import type { EventPasses } from './event-passes.ts';
import type { ScannedEvents } from './scan-events.ts';
import { scanTrend } from './trend.ts';
import { scanOutcomes } from './user-outcomes.ts';

/** Results that go through the events in memory. */
export const createMemoryPasses = (events: ScannedEvents): EventPasses => ({
  trend: (scope, grain, onPoint) => scanTrend(events, scope, { grain, onPoint }),
  stored: (scope, grain, onPoint) => scanStored(events, scope, { grain, onPoint }),
  storedQuality: (scope) => scanQuality(events, scope),
  outcomes: (scope, eventTypes) => scanOutcomes(events, scope, eventTypes),
  ...createCellScans(events),
});
