import type { ConversationEngine } from '../../src/domains/conversations/engine.ts';
import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactEngine } from '../../src/domains/facts/engine.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import type { MonitorEngine } from '../../src/domains/monitor/engine.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { DebugLog } from '../../src/lib/debug-log.ts';
import type { Store } from '../store.ts';
import { Cities } from './cities.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { createConversationEngine } from './conversations.ts';
import { CopierLock } from './copier-lock.ts';
import { createEngine } from './engine.ts';
import { Enrichment, type EnrichmentOptions } from './enrichment.ts';
import { createMonitorEngine } from './monitor-engine.ts';
import type { PassServices } from './monitor-passes.ts';
import { Projector, type ProjectorOptions } from './projector.ts';

export interface ClickHouseFactsOptions
  extends ConnectionOptions,
    Pick<ProjectorOptions, 'clickhouseBlockRecords' | 'clickhouseWaitMs'>,
    Pick<EnrichmentOptions, 'clickhouseEnrichMs'>,
    Pick<PassServices, 'futureToleranceMs' | 'lateAfterMs'> {
  /** The data folder of the ledger. */
  readonly data: string;
}

export interface ClickHouseServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly knowledge: FactKnowledge;
  readonly log: DebugLog;
  /** Called when ClickHouse begins to fail; it is tried again until it succeeds. */
  readonly onFault: (fault: unknown, effect: string) => void;
}

/** The facts of a ledger in ClickHouse: a copy that follows it, and the engines that answer from the copy. */
export class ClickHouseFacts {
  readonly #connection: Connection;
  readonly #projector: Projector;
  readonly #enrichment: Enrichment;
  readonly #services: PassServices;

  constructor(options: ClickHouseFactsOptions, services: ClickHouseServices) {
    const { futureToleranceMs, lateAfterMs } = options;
    const { ledger, knowledge } = services;
    const connection = new Connection(options);
    const cities = new Cities(connection, knowledge);
    const lock = new CopierLock(options.data);
    const common = { ...options, ...services, connection, cities, lock };
    const enrichment = new Enrichment(common);
    const onAnew = async (): Promise<void> => {
      cities.reset();
      await enrichment.reset();
    };
    const onCopied: Enrichment['follow'] = (sequence, isLevel) => enrichment.follow(sequence, isLevel);
    const projector = new Projector({ ...common, onAnew, onCopied });
    this.#connection = connection;
    this.#projector = projector;
    this.#enrichment = enrichment;
    this.#services = { connection, projector, enrichment, cities, knowledge, ledger, futureToleranceMs, lateAfterMs };
  }

  engineOf(source: FactSource): FactEngine {
    return createEngine(this.#services, source);
  }

  conversationEngine(): ConversationEngine {
    return createConversationEngine(this.#services);
  }

  monitorEngine(): MonitorEngine {
    return createMonitorEngine(this.#services);
  }

  /** Begins to follow the ledger. Rejects with CONFLICT when the database is not that of this ledger. */
  start(): Promise<void> {
    return this.#projector.start();
  }

  /** How far the copy is, and how far facts are stored as joined, with the age of the first record that is lacking. */
  progressAt(nowUs: number): { readonly name: string; readonly sequence: number; readonly lagMs: number }[] {
    const progressOf = (name: string, sequence: number) => ({
      name,
      sequence,
      lagMs: lagMsOf(this.#services.ledger, sequence, nowUs),
    });
    return [
      progressOf('clickhouse', this.#projector.sequence),
      progressOf('clickhouse-enriched', this.#enrichment.sequence),
    ];
  }

  /** Resolves when facts up to a sequence number are copied and stored as joined; the fault of a failure goes to `onFault`. */
  complete(sequence: number): Promise<void> {
    return this.#enrichment.reach(sequence);
  }

  async stop(): Promise<void> {
    await this.#enrichment.stop();
    await this.#projector.stop();
    await this.#connection.close();
  }
}

/** How long the oldest record after a sequence number has been stored, milliseconds; 0 when there is none. */
const lagMsOf = (ledger: Ledger, sequence: number, nowUs: number): number => {
  if (sequence >= ledger.snapshot().sequence) return 0;
  const { atUs } = ledger.snapshotAt(sequence + 1);
  return atUs === null ? 0 : Math.max(0, Math.round((nowUs - atUs) / 1000));
};
