import type { Work } from '../../lib/work.ts';
import type { CountedEvents } from './counted-events.ts';
import type { EventPasses } from './event-passes.ts';
import type { Moment, MonitorRequest } from './request.ts';
import type { MonitorServices } from './services.ts';
import type { MonitorSnapshot } from './snapshot.ts';

/** A request and the work with which it ends. */
export interface WorkedRequest {
  readonly request: MonitorRequest;
  readonly work: Work;
}

/** What a request reads: counts that are complete, and the services and the moment that they belong to. */
export interface Counted {
  readonly services: MonitorServices;
  readonly snapshot: MonitorSnapshot;
  readonly moment: Moment;
  readonly events: CountedEvents;
  readonly passes: EventPasses;
  /** Whether the counts are still those of the snapshot. */
  readonly isCurrent: () => boolean;
}
