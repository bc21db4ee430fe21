import type { FactSource } from '../../src/domains/facts/dimensions.ts';
import type { FactEngine } from '../../src/domains/facts/engine.ts';
import type { FactKnowledge } from '../../src/domains/facts/knowledge.ts';
import type { Ledger } from '../../src/ledger/ledger.ts';
import type { DebugLog } from '../../src/lib/debug-log.ts';
import type { Store } from '../store.ts';
import { Cities } from './cities.ts';
import { Connection, type ConnectionOptions } from './connection.ts';
import { groupFacts } from './groups.ts';
import { findPage } from './page.ts';
import { Projector, type ProjectorOptions } from './projector.ts';
import { prepareQuestion, type QuestionServices } from './question.ts';

export interface ClickHouseFactsOptions
  extends ConnectionOptions,
    Pick<ProjectorOptions, 'data' | 'clickhouseBlockRecords' | 'clickhouseWaitMs'>,
    Pick<QuestionServices, 'futureToleranceMs'> {}

export interface ClickHouseServices {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly knowledge: FactKnowledge;
  readonly log: DebugLog;
  /** Called when ClickHouse begins to fail; it is tried again until it succeeds. */
  readonly onFault: (fault: unknown) => void;
}

/** The facts of a ledger in ClickHouse: a copy that follows it, and the engines that answer from the copy. */
export class ClickHouseFacts {
  readonly #connection: Connection;
  readonly #projector: Projector;
  readonly #services: QuestionServices;

  constructor(options: ClickHouseFactsOptions, services: ClickHouseServices) {
    const { data, clickhouseBlockRecords, clickhouseWaitMs, futureToleranceMs } = options;
    const connection = new Connection(options);
    const cities = new Cities(connection, services.knowledge);
    const onAnew = (): void => cities.reset();
    const limits = { data, clickhouseBlockRecords, clickhouseWaitMs };
    const projector = new Projector({ ...services, ...limits, connection, onAnew });
    const { ledger, knowledge } = services;
    this.#connection = connection;
    this.#projector = projector;
    this.#services = { connection, projector, cities, knowledge, ledger, futureToleranceMs };
  }

  engineOf(source: FactSource): FactEngine {
    const services = this.#services;
    return {
      async group(query, budget) {
        const question = await prepareQuestion(services, source, query);
        return groupFacts({ ...services, ...question }, query, budget);
      },
      async page(request, work) {
        const { where, asOf, userId } = request;
        const users = userId === undefined ? {} : { userIds: [userId] };
        const question = await prepareQuestion(services, source, { where, asOf, timeZone: 'UTC', ...users });
        return findPage(services.connection, question, request, work);
      },
      // The copy is made in any case; no question waits for anything else.
      warm: async () => undefined,
    };
  }

  /** Begins to follow the ledger. Rejects with CONFLICT when the database is not that of this ledger. */
  start(): Promise<void> {
    return this.#projector.start();
  }

  /** The sequence number up to which the copy is complete, and how old the first record is that it lacks, milliseconds. */
  progressAt(nowUs: number): { readonly sequence: number; readonly lagMs: number } {
    return { sequence: this.#projector.sequence, lagMs: this.#projector.lagMsAt(nowUs) };
  }

  async stop(): Promise<void> {
    await this.#projector.stop();
    await this.#connection.close();
  }
}
