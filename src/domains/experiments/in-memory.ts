import { growableUint32 } from '../../indices/growable.ts';
import { PackedColumn } from '../../indices/packed-column.ts';
import type { FactEngine } from '../facts/engine.ts';
import type { FilterLimits } from '../facts/filter.ts';
import { byDictionary, byJoin, userDimensions } from '../facts/memory/coded-dimensions.ts';
import { createFactColumns, createPackedFactColumns, type FactColumns } from '../facts/memory/columns.ts';
import type { CumulativeGroupLimits } from '../facts/memory/cumulative-groups.ts';
import { createEnrichment, type Enrichment } from '../facts/memory/enrichment.ts';
import type { Join } from '../facts/memory/join.ts';
import { createJoinOnDemand } from '../facts/memory/join-on-demand.ts';
import { joinAttributes, joinFiles, joinStatus } from '../facts/memory/joins.ts';
import { createMemoryEngine } from '../facts/memory/memory-engine.ts';
import { createMemoryFacts, type MemoryFacts } from '../facts/memory/memory-facts.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { UserFiles } from '../users/user-files.ts';
import { createEventColumns, type EventColumnServices, type EventColumns } from './event-columns.ts';
import { joinExperiment } from './experiment-join.ts';

export interface InMemoryServices extends Omit<EventColumnServices, 'joined' | 'newCodes'> {
  readonly userFiles: UserFiles;
  readonly userStatus: UserStatus;
  readonly limits: FilterLimits & CumulativeGroupLimits & EventColumnServices['limits'];
  /** Answers questions about events that it keeps elsewhere; default: the columns in memory. */
  readonly engine?: FactEngine | undefined;
}

/** Events as columns of this process, and what answers questions about them. */
export interface EventsInMemory {
  readonly events: EventColumns;
  readonly facts: MemoryFacts<FactColumns>;
  readonly engine: FactEngine;
}

export const eventsInMemory = (services: InMemoryServices): EventsInMemory =>
  services.engine ? eventsOfMonitor(services, services.engine) : eventsOfAnswers(services);

/** For the monitor alone: columns as small as possible, and joins that keep nothing. */
const eventsOfMonitor = (services: InMemoryServices, engine: FactEngine): EventsInMemory => {
  const columns = createPackedFactColumns();
  const newCodes = () => new PackedColumn();
  const events = createEventColumns({ ...services, newCodes, joined: () => enrichment }, columns);
  const enrichment = createJoinOnDemand(services.ledger, columns, joinsOf(services, events, columns));
  return { events, facts: factsOf(services, events, { columns, enrichment }), engine };
};

/** Also for questions about events. */
const eventsOfAnswers = (services: InMemoryServices): EventsInMemory => {
  const columns = createFactColumns();
  const events = createEventColumns({ ...services, newCodes: growableUint32, joined: () => enrichment }, columns);
  const enrichment: Enrichment = createEnrichment(services.ledger, columns, joinsOf(services, events, columns));
  const facts = factsOf(services, events, { columns, enrichment });
  return { events, facts, engine: createMemoryEngine(facts, services.limits) };
};

const joinsOf = (services: InMemoryServices, events: EventColumns, columns: FactColumns): readonly Join[] => [
  joinStatus(columns, services.userStatus),
  joinAttributes(columns, services.users),
  joinFiles(columns, services.userFiles),
  joinExperiment(columns, events, services.experiments),
];

const factsOf = <Columns extends FactColumns>(
  { users, experiments, limits }: InMemoryServices,
  events: EventColumns,
  joined: { readonly columns: Columns; readonly enrichment: Enrichment },
): MemoryFacts<Columns> =>
  createMemoryFacts({
    ...{ source: 'EXPERIMENT_EVENTS' as const, users, limits, ...joined },
    dimensions: {
      ...userDimensions(joined.columns, users),
      EXPERIMENT: (enriched) => byDictionary(byJoin(enriched, 'experiment'), experiments.keys),
      VARIANT: () => byDictionary({ codeOf: events.variantOf }, events.variants),
      ACCOUNT_TYPE: () => byDictionary({ codeOf: events.accountTypeOf }, events.accountTypes),
      EVENT_TYPE: () => byDictionary({ codeOf: events.eventTypeOf }, events.eventTypes),
    },
  });
