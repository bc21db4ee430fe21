import { Option } from 'commander';
import { ClickHouseFacts } from '../../../db/clickhouse/facts.ts';
import type { Config } from '../../config.ts';
import { createFactKnowledge } from '../../fact-knowledge.ts';
import { silentLog } from '../../lib/debug-log.ts';
import { type ClickHouseOptions, clickHouseConfigOf, withClickHouseOptions } from '../clickhouse-options.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { exitSuccess } from '../exit.ts';
import { withDataOptions } from '../options.ts';
import { runParityCheck } from '../parity.ts';
import type { Terminal } from '../terminal.ts';

const description =
  'Copy the facts of a data folder to ClickHouse, compare them, and say how to start a server that answers from there. ' +
  'Nothing of the data folder changes. A copy that was begun is continued. The exit code is 1 when the copy differs.';

/** `asof migrate`: makes the copy that a server would make after its start, with progress and a comparison. */
export const migrateCommand: Command = {
  declare: (program) =>
    withClickHouseOptions(withDataOptions(program.command('migrate')))
      .summary('Copy facts to ClickHouse.')
      .description(description)
      .addOption(new Option('--to <place>', 'where facts go').choices(['clickhouse']).makeOptionMandatory())
      .addHelpText('after', '\nExample:\n  asof migrate --to clickhouse --clickhouse http://127.0.0.1:8123'),
  async run(invoked, terminal) {
    const options = invoked.opts<ClickHouseOptions>();
    const config = clickHouseConfigOf(options, terminal);
    return withExistingData(config, async (opened) => {
      await opened.ledger.catchUp();
      await copyAll(opened, config, terminal);
      const exitCode = await runParityCheck(opened, config, terminal, { share: 1, json: options.json === true });
      if (exitCode === exitSuccess) {
        const { data, clickhouse, clickhouseCluster } = config;
        const ofCluster = clickhouseCluster === '' ? '' : ` --clickhouse-cluster ${clickhouseCluster}`;
        terminal.printError(`start it with: asof serve --data ${data} --clickhouse ${clickhouse}${ofCluster}`);
      }
      return exitCode;
    });
  },
};

/** Between two reports of the progress. */
const reportMs = 1000;

/** Resolves when everything is copied and stored as joined. */
const copyAll = async (opened: CommandServices, config: Config, terminal: Terminal): Promise<void> => {
  const { store, ledger, domains } = opened;
  const { sequence } = ledger.snapshot();
  if (sequence === 0) return;
  let fail: (fault: unknown) => void = () => undefined;
  const failed = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  const knowledge = createFactKnowledge(domains);
  const services = { store, ledger, knowledge, log: silentLog, onFault: (fault: unknown): void => fail(fault) };
  const facts = new ClickHouseFacts({ ...config, clickhouseEnrichMs: 0 }, services);
  const report = setInterval(() => {
    const [copied, enriched] = facts.progressAt(0).map((each) => each.sequence);
    terminal.printError(`copied up to ${copied} of ${sequence}, stored as joined up to ${enriched}`);
  }, reportMs);
  try {
    await Promise.race([failed, facts.start().then(() => facts.complete(sequence))]);
  } finally {
    clearInterval(report);
    await facts.stop();
  }
};
