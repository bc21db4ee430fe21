import { Argument } from 'commander';
import type { MonitorReport } from '../../domains/monitor/report.ts';
import type { MonitorVerdict } from '../../domains/monitor/sample-ratio.ts';
import { formatInstant } from '../../lib/time.ts';
import { spanOf } from '../../lib/time-range.ts';
import { Work } from '../../lib/work.ts';
import { type ClickHouseOptions, clickHouseConfigOf, withClickHouseOptions } from '../clickhouse-options.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import {
  CommandError,
  type ExitCode,
  exitNoData,
  exitNotEnoughData,
  exitProblems,
  exitSuccess,
  exitUsageError,
} from '../exit.ts';
import { configOf, withDataOptions } from '../options.ts';
import { runParityCheck } from '../parity.ts';
import { readShare } from '../share.ts';
import type { Terminal } from '../terminal.ts';
import { instantOf, rangeOf, whereOf } from './check-options.ts';

interface Options extends ClickHouseOptions {
  readonly sample?: number;
  readonly country?: string;
  readonly range?: string;
  readonly sinceDeploy?: string;
  readonly where: readonly string[];
}

const examples = `
Examples:
  asof check experiment
  asof check experiment checkout --country SE || echo "do not deploy"
  asof check experiment checkout --since-deploy 2026-03-01T12:00:00Z --where account_type=paid
  asof check parity --clickhouse http://127.0.0.1:8123

asof check experiment: without a key it checks the running experiment, or the one that started last. It prints one line per check, the worst
first. The exit code is 0 when the verdict is HEALTHY or WATCH, 1 when it is BROKEN, 2 when the experiment does not exist or
an option is wrong, 4 when no event counts (NO_DATA), and 5 when there are too few users to test the split
(NOT_ENOUGH_DATA), also when there is something else to WATCH. --json prints
{"experiment", "planned", "verdict", "sequence", "checks": [{"verdict", "kind", "country", "message"}]}.

asof check parity compares the copy of facts in ClickHouse with the ledger by day: numbers of records, sums, digests of all
values, and the aggregates by everything that facts are joined to. It changes nothing in the data folder and works beside a
server, for the state that is copied. The exit code is 1 when something differs. --json prints
{"equal", "behind", "sequence", "answersSequence", "records", "answers", "differences"}.`;

/** `asof check`: lets a pipeline check whether an experiment is deployed as planned, or a copy of facts is as the ledger. */
export const checkCommand: Command = {
  declare: (program) =>
    withClickHouseOptions(withDataOptions(program.command('check')))
      .summary('Check an experiment, or the copy of facts in ClickHouse.')
      .description(
        'Check whether an experiment is deployed as planned, or whether facts in ClickHouse are as in the ledger. The exit code is 1 when not.',
      )
      .addArgument(new Argument('<what>', 'what to check').choices(['experiment', 'parity']))
      .argument('[key]', 'key of the experiment')
      .option('--country <country>', 'check this market only')
      .option('--range <range>', 'only users first seen in it: <from>/<to>, <from>/ or a duration like P7D')
      .option('--since-deploy <time>', 'only users first seen from this time on')
      .option('--where <name=value>', 'only events with this value; may be repeated', collect, [])
      .option('--sample <share>', 'parity: compare only this share of the records one by one, such as 0.1', readShare)
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [what, key] = invoked.args;
    const options = invoked.opts<Options>();
    if (what === 'parity') return checkParity(key, options, terminal);
    const { range, sinceDeploy, where, country } = options;
    if (range !== undefined && sinceDeploy !== undefined)
      throw new CommandError(exitUsageError, 'give either --range or --since-deploy, not both');
    const since = sinceDeploy === undefined ? undefined : { since: instantOf('--since-deploy', sinceDeploy) };
    const part = { country, where: whereOf(where), range: since ?? rangeOf(range), timeZone: 'UTC' };
    // Throws for a range that is none, before the store is opened.
    if (part.range) spanOf(part.range, part.timeZone, 0);
    const checked = await withExistingData(configOf(options, terminal), async ({ domains, ledger }) => {
      await ledger.catchUp();
      const { experiments, monitor } = domains;
      if (key !== undefined && !experiments.isKnown(key))
        throw new CommandError(exitUsageError, `there is no experiment "${key}": no plan and no event names it`);
      return monitor.report({ experiment: key, ...part }, new Work());
    });
    await terminal.print(...(options.json ? [JSON.stringify(jsonOf(checked))] : linesOf(checked)));
    return exitCodeOf(checked);
  },
};

const checkParity = async (key: string | undefined, options: Options, terminal: Terminal): Promise<ExitCode> => {
  if (key !== undefined) throw new CommandError(exitUsageError, 'parity is about all facts: it has no key');
  const config = clickHouseConfigOf(options, terminal);
  return withExistingData(config, async (opened) => {
    await opened.ledger.catchUp();
    const { sample: share = 1, json } = options;
    return runParityCheck(opened, config, terminal, { share, json: json === true });
  });
};

const collect = (text: string, before: readonly string[]): readonly string[] => [...before, text];

const exitCodes: Readonly<Record<MonitorVerdict, ExitCode>> = {
  HEALTHY: exitSuccess,
  WATCH: exitSuccess,
  BROKEN: exitProblems,
  NO_DATA: exitNoData,
  NOT_ENOUGH_DATA: exitNotEnoughData,
};

/** Something to watch does not make up for a split that could not be tested. */
const exitCodeOf = ({ health: { verdict, checks }, snapshot }: MonitorReport): ExitCode => {
  const split = checks.find(({ kind, country }) => kind === 'SAMPLE_RATIO' && country === (snapshot.country ?? null));
  return exitCodes[verdict === 'WATCH' && split?.verdict === 'NOT_ENOUGH_DATA' ? split.verdict : verdict];
};

const linesOf = ({ snapshot: { experiment, nowUs }, health }: MonitorReport): string[] => [
  `${experiment.key} at ${formatInstant(nowUs)}: ${health.verdict}`,
  ...health.checks.map(({ verdict, message }) => `  ${verdict}  ${message}`),
];

const jsonOf = ({ snapshot: { experiment, isPlanned, sequence }, health }: MonitorReport): object => ({
  experiment: experiment.key,
  planned: isPlanned,
  verdict: health.verdict,
  sequence,
  checks: health.checks.map(({ verdict, kind, country, message }) => ({ verdict, kind, country, message })),
});
