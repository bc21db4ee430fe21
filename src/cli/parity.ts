import { checkParity } from '../../db/clickhouse/parity.ts';
import type { Config } from '../config.ts';
import { createFactKnowledge } from '../fact-knowledge.ts';
import type { CommandServices } from './data-folder.ts';
import { type ExitCode, exitProblems, exitSuccess } from './exit.ts';
import type { Terminal } from './terminal.ts';

interface ParityCheck {
  /** Share of the records that are compared, 0 to 1. */
  readonly share: number;
  readonly json: boolean;
}

/** Differences that are printed. */
const printedMax = 20;

/** Compares ClickHouse with the ledger, whose indices are up to date, and prints what differs. */
export const runParityCheck = async (
  { store, ledger, domains }: CommandServices,
  config: Config,
  terminal: Terminal,
  { share, json }: ParityCheck,
): Promise<ExitCode> => {
  const { transactions, experimentEvents } = domains;
  const conversations = domains.conversations.engine;
  // Commands have facts in memory.
  const engines = { TRANSACTIONS: transactions.engine, EXPERIMENT_EVENTS: experimentEvents.engine };
  const knowledge = createFactKnowledge(domains);
  const report = await checkParity({ ...config, share }, { store, ledger, knowledge, engines, conversations });
  const { differences, sequence, answersSequence, records, answers } = report;
  const behind = ledger.snapshot().sequence - sequence;
  if (json) await terminal.print(JSON.stringify({ equal: differences.length === 0, behind, ...report }));
  else {
    await terminal.print(...differences.slice(0, printedMax));
    if (differences.length > printedMax) await terminal.print(`and ${differences.length - printedMax} more`);
    const compared = `${records} rows up to ${sequence}, and ${answers} aggregates as of ${answersSequence}`;
    const rest = behind > 0 ? ` (${behind} records are not copied yet)` : '';
    await terminal.print(
      `${differences.length === 0 ? 'equal' : `${differences.length} differences`}: ${compared}${rest}`,
    );
  }
  return differences.length === 0 ? exitSuccess : exitProblems;
};
