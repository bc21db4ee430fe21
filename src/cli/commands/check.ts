import { Argument } from 'commander';
import type { MonitorReport } from '../../domains/monitor/report.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, exitProblems, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';

interface Options extends DataOptions {
  readonly country?: string;
}

const examples = `
Examples:
  asof check experiment
  asof check experiment checkout --country SE || echo "do not deploy"

Without a key it checks the running experiment, or the one saved last. It prints one line per check, the worst first. The
exit code is 1 when the verdict is BROKEN, 2 when the experiment does not exist, and 0 otherwise. --json prints
{"experiment", "planned", "verdict", "sequence", "checks": [{"verdict", "kind", "country", "message"}]}.`;

/** `asof check experiment`: lets a pipeline check whether an experiment is deployed as planned. */
export const checkCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('check'))
      .summary('Check whether an experiment is deployed as planned.')
      .description('Check whether an experiment is deployed as planned. The exit code is 1 when it is broken.')
      .addArgument(new Argument('<what>', 'what to check').choices(['experiment']))
      .argument('[key]', 'key of the experiment')
      .option('--country <country>', 'check this market only')
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [, key] = invoked.args;
    const options = invoked.opts<Options>();
    const checked = await withExistingData(configOf(options, terminal), async ({ domains, ledger }) => {
      await ledger.catchUp();
      const { experiments, monitor } = domains;
      if (key !== undefined && !experiments.isKnown(key))
        throw new CommandError(exitUsageError, `there is no experiment "${key}": no plan and no event names it`);
      const found = await monitor.report({ experiment: key, country: options.country, timeZone: 'UTC' });
      if (found.exposures().every(({ eventCount }) => eventCount === 0))
        terminal.printError(
          `asof: the experiment has no events${options.country === undefined ? '' : ` in ${options.country}`} yet`,
        );
      return found;
    });
    await terminal.print(...(options.json ? [JSON.stringify(jsonOf(checked))] : linesOf(checked)));
    return checked.health.verdict === 'BROKEN' ? exitProblems : exitSuccess;
  },
};

const linesOf = ({ snapshot: { experiment, nowUs }, health }: MonitorReport): string[] => [
  `${experiment.key} at ${formatInstant(nowUs)}: ${health.verdict}`,
  ...health.checks.map(({ verdict, message }) => `  ${verdict}  ${message}`),
];

const jsonOf = ({ snapshot: { experiment, sequence }, health }: MonitorReport): object => ({
  experiment: experiment.key,
  planned: experiment.allocation.length > 0,
  verdict: health.verdict,
  sequence,
  checks: health.checks.map(({ verdict, kind, country, message }) => ({ verdict, kind, country, message })),
});
