import { Argument, type Command as CommanderCommand, Option } from 'commander';
import type { RejectFilter } from '../../../domains/imports/rejects.ts';
import type { Domains } from '../../../domains.ts';
import { importTargets } from '../../../import-targets.ts';
import type { ReadOptions } from '../../../ledger/record.ts';
import type { Command } from '../../command.ts';
import { withExistingData } from '../../data-folder.ts';
import { CommandError, type ExitCode, exitProblems, exitSuccess, exitUsageError } from '../../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../../options.ts';
import type { Terminal } from '../../terminal.ts';
import { statusWordOption } from '../import/status-words.ts';
import { createRejectsReport, rejectLines, rejectOf } from './report.ts';

interface Options extends DataOptions {
  readonly target?: string;
  readonly state?: 'open' | 'resolved' | 'discarded';
  readonly all?: true;
  readonly with?: string;
  readonly because?: string;
  readonly mapStatus?: ReadOptions['synonyms'];
}

interface ActionRequest {
  readonly ids: readonly number[];
  readonly options: Options;
  readonly terminal: Terminal;
}

type Action = (domains: Domains, request: ActionRequest) => Promise<ExitCode>;

const pageRecords = 1000;

const filterOf = ({ target, state }: Options): Pick<RejectFilter, 'target' | 'state'> => ({
  target: importTargets.find(({ command }) => command === target)?.name,
  state: state && ({ open: 'OPEN', resolved: 'RESOLVED', discarded: 'DISCARDED' } as const)[state],
});

/** The newest first, page by page, so that any number can be listed. */
const list: Action = async ({ rejects }, { options, terminal }) => {
  let after: number | undefined;
  let isFirst = true;
  for (;;) {
    const { rows, hasAfter } = rejects.page(filterOf(options), { limit: pageRecords, fromEnd: false, after });
    for (const row of rows) {
      const lines = options.json ? [`${isFirst ? '[' : ','}${JSON.stringify(rejectOf(row))}`] : rejectLines(row);
      await terminal.print(...lines);
      isFirst = false;
    }
    after = rows.at(-1)?.id;
    if (!hasAfter || !terminal.isOutputOpen) break;
  }
  if (options.json) await terminal.print(isFirst ? '[]' : ']');
  return exitSuccess;
};

const retry: Action = async ({ rejects }, { ids, options, terminal }) => {
  const reading = { synonyms: options.mapStatus };
  const report = createRejectsReport(rejects.importers);
  if (options.all) await rejects.retryOpen(filterOf(options), reading, report.add);
  for (const id of ids) {
    const original = options.with === undefined ? rejects.byIds([id])[0] : null;
    const text = options.with ?? original?.raw ?? '';
    await report.judge(id, rejects.resolve(id, text, reading), original ?? undefined);
  }
  await terminal.print(...(options.json ? [JSON.stringify(report.value())] : report.lines()));
  return report.isAllDone() ? exitSuccess : exitProblems;
};

const discard: Action = async ({ rejects }, { ids, options, terminal }) => {
  const report = createRejectsReport(rejects.importers);
  for (const id of ids) await report.judge(id, rejects.discard(id, options.because ?? ''));
  await terminal.print(...(options.json ? [JSON.stringify(report.value())] : report.lines()));
  return report.isAllDone() ? exitSuccess : exitProblems;
};

const actions: Readonly<Record<string, Action>> = { list, retry, discard };

/** Throws CommandError naming options that cannot be combined. */
const checkUsage = (action: string, ids: readonly string[], options: Options): void => {
  const refuseUnless = (holds: boolean, message: string): void => {
    if (!holds) throw new CommandError(exitUsageError, message);
  };
  for (const id of ids) refuseUnless(/^[1-9]\d{0,14}$/.test(id), `${id} is not the number of a rejected record`);
  refuseUnless(action === 'list' || options.state === undefined, '--state is for list');
  refuseUnless(action !== 'discard' || options.target === undefined, '--target is for list and for retry --all');
  refuseUnless(action === 'discard' || options.because === undefined, '--because is for discard');
  const ofRetry = [options.all, options.with, options.mapStatus];
  refuseUnless(
    action === 'retry' || ofRetry.every((option) => option === undefined),
    '--all, --with, --map-status are for retry',
  );
  if (action === 'list') refuseUnless(ids.length === 0, 'list takes no ids');
  if (action === 'retry') {
    refuseUnless(options.all ? ids.length === 0 : ids.length > 0, 'retry takes either ids or --all');
    refuseUnless(options.all === true || options.target === undefined, '--target goes with --all');
    refuseUnless(options.with === undefined || ids.length === 1, '--with corrects one record: give one id');
  }
  if (action === 'discard') {
    refuseUnless(ids.length > 0, 'discard takes ids');
    refuseUnless(options.because !== undefined, 'discard takes a reason: --because TEXT');
  }
};

const examples = `
Examples:
  asof rejects list --state open
  asof rejects retry 3 --with '{"user_id": "u-1", "created_at": "2025-06-01", "status": "paying"}'
  asof rejects retry 4 --with '1,2025-06-01,p-1,9.50,u-1'
  asof rejects retry --all --target user-status --map-status completed=cancelled
  asof rejects discard 4 5 --because 'test records of the vendor'

A record is corrected as a JSON object with the field names of its file, or as a row of its CSV file, and read with the
options of its import. It is then stored as part of that import, whose counts change with it; a repeat stores nothing.
Without --with a record is retried with its original text. A discarded record still counts as rejected. list --json prints a list of {"id", "state", "target", "source",
"line", "import", "receivedAt", "raw", "problems", "settledAt", "settlement", "settledSequence"}; the others print
{"tried", "stored", "duplicates", "discarded", "refused", "refusals": [{"id", "code", "message", "problems"}]}, the
first refusals only.`;

/** `asof rejects`: rejected records, whether or not a server runs on the same data folder. */
export const rejectsCommand: Command = {
  declare: (program: CommanderCommand) =>
    withDataOptions(program.command('rejects'))
      .summary('List, correct or discard rejected records.')
      .description('List rejected records, retry them corrected or with their original text, or discard them.')
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
      .argument('[id...]', 'numbers of rejected records, as list prints them')
      .addOption(
        new Option('--target <target>', 'only records of this target').choices(
          importTargets.filter(({ input }) => input !== 'TABLE').map(({ command }) => command),
        ),
      )
      .addOption(new Option('--state <state>', 'only records in this state').choices(['open', 'resolved', 'discarded']))
      .option('--all', 'retry every open record with its original text')
      .option('--with <record>', 'the corrected record')
      .addOption(statusWordOption())
      .option('--because <text>', 'why records are discarded')
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [action = '', ...ids] = invoked.args;
    const options = invoked.opts<Options>();
    checkUsage(action, ids, options);
    return withExistingData(configOf(options, terminal), async ({ domains }) => {
      const act = actions[action] as Action;
      return act(domains, { ids: ids.map(Number), options, terminal });
    });
  },
};
