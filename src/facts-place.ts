import type { Logger } from 'pino';
import { ClickHouseFacts } from '../db/clickhouse/facts.ts';
import type { Config } from './config.ts';
import type { ProjectionState } from './context.ts';
import type { DomainServices } from './domains.ts';
import type { NowUs } from './lib/clock.ts';

type FactsPlace = Pick<DomainServices, 'openEngines'> & { clickhouse(): ClickHouseFacts | undefined };

/** ClickHouse where one is named; otherwise facts are in memory. */
export const factsIn = (
  config: Config,
  log: Logger,
  { store, ledger }: Pick<DomainServices, 'store' | 'ledger'>,
): FactsPlace => {
  if (config.clickhouse === '') return { clickhouse: () => undefined };
  let facts: ClickHouseFacts | undefined;
  const onFault = (fault: unknown, effect: string): void => log.error(fault, effect);
  return {
    clickhouse: () => facts,
    openEngines(knowledge) {
      const opened = new ClickHouseFacts(config, { store, ledger, knowledge, log, onFault });
      facts = opened;
      return {
        TRANSACTIONS: opened.engineOf('TRANSACTIONS'),
        EXPERIMENT_EVENTS: opened.engineOf('EXPERIMENT_EVENTS'),
        CONVERSATIONS: opened.conversationEngine(),
        MONITOR: opened.monitorEngine(),
      };
    },
  };
};

/** The copies of the ledger outside of this process that answer questions. */
export const projectionsOf = ({
  clickhouse,
  nowUs,
}: Pick<FactsPlace, 'clickhouse'> & { readonly nowUs: NowUs }): ProjectionState[] =>
  clickhouse()?.progressAt(nowUs()) ?? [];
