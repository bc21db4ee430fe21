import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Argument, type Command as CommanderCommand, InvalidArgumentError, Option } from 'commander';
import { storeExists } from '../../../../db/open.ts';
import { readConfig, type Setting, settings } from '../../../config.ts';
import type { ImportOptions } from '../../../domains/imports/run.ts';
import type { ErrorCode } from '../../../errors.ts';
import { importTargets } from '../../../import-targets.ts';
import type { ReadOptions } from '../../../ledger/record.ts';
import { stringifyExact } from '../../../lib/exact-json.ts';
import { readOptionsOf } from '../../../lib/import-option-texts.ts';
import type { ImportReadOptions } from '../../../lib/import-options.ts';
import type { ImportTarget } from '../../../lib/import-target.ts';
import type { Command } from '../../command.ts';
import { type CommandServices, withData } from '../../data-folder.ts';
import {
  CommandError,
  type ExitCode,
  exitFailure,
  exitInterrupted,
  exitProblems,
  exitSuccess,
  exitTerminated,
  exitUsageError,
} from '../../exit.ts';
import { configOf, type DataOptions, settingOption, withDataOptions } from '../../options.ts';
import type { StopSignal, Terminal } from '../../terminal.ts';
import { columnLines, type DatasetCommandOptions, importDataset } from './dataset.ts';
import { createImportProgress } from './progress.ts';
import { withReadOptions } from './read-options.ts';
import {
  type ImportReport,
  isAllStored,
  type RecordReport,
  type Reject,
  recordColumnLines,
  rejectsShownMax,
  reportLines,
  reportOf,
} from './report.ts';
import { statusWordOption } from './status-words.ts';

const importAllow = settings.find(({ name }) => name === 'importAllow') as Setting;

const targets = importTargets.filter(({ input }) => input !== 'FOLDER');

interface Options extends DataOptions, DatasetCommandOptions {
  readonly mapStatus?: ReadOptions['synonyms'];
  readonly importAllow?: string;
}

interface File {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
}

const examples = `
Examples:
  asof import user-status changes.json
  asof import user-status --map-status completed=cancelled sister.json
  asof import ip-ranges cities-v4.csv cities-v6.csv
  asof import transactions --dry-run --json transactions.json
  asof import users user_info.json
  asof import events events-2025-06.jsonl
  asof import excluded-users bots.csv
  asof import dataset games games.csv
  asof import dataset games https://files.example/games.csv --mode upsert --key AppID --types Tags=STRING_LIST
  asof import dataset sales umsatz.csv --delimiter semicolon --decimal comma --encoding windows-1252
  asof import dataset sales http://intranet:8080/sales.csv --import-allow intranet:8080

JSON arrays, JSON Lines and CSV are recognized by content; ip-ranges also reads {"city": [{"start", "end"}]} and MaxMind
databases. Several files of ip-ranges make up one table, which replaces the current one. The later row of a user wins.
Importing a file again adds nothing; events with an event_id count once, whatever file holds them. Correct rejected
records with asof rejects. --json prints {"target", "dryRun", "imports": [{"id", "file", "state", "read", "stored",
"duplicates", "conflicts", "rejected", "failure": null or {"code", "message"}, "dialect", "rejects": [{"line", "raw", "problems"}]}]},
the first ${rejectsShownMax} rejects of each; read is the sum of stored, duplicates, conflicts and rejected. A dry run has no ids, and
"preview": {"columns": [{"name", "fields", "examples"}], "fields", "rows": [{"line", "record"}]}, the first 100 records as they
would be stored; a column without fields is ignored.`;

/** `asof import`: imports files, whether or not a server runs on the same data folder. */
export const importCommand: Command = {
  declare: (program: CommanderCommand) =>
    withReadOptions(withDataOptions(program.command('import')))
      .description(
        'Import files of users, experiment events, excluded users, status changes, IP ranges or transactions, or any CSV file as a dataset.',
      )
      .addArgument(new Argument('<target>', 'what the files hold').choices(targets.map(({ command }) => command)))
      .argument('<file...>', 'files to import; for a dataset its name, then one file or link')
      .option('--dry-run', 'read and judge every record, store nothing')
      .addOption(
        new Option('--mode <mode>', 'for an existing dataset: what happens to its rows (default: replace)').choices([
          'replace',
          'append',
          'upsert',
        ]),
      )
      .option('--key <column...>', 'the columns that identify a row of a dataset')
      .addOption(
        new Option(
          '--keep-versions <count>',
          'how many versions of the dataset are kept from now on (default: as before, or the setting keepVersions)',
        ).argParser(readCount),
      )
      .option(
        '--refresh-every <duration>',
        'a server on this data folder imports the link again after each 15m, 1h, 1d …; never ends that',
      )
      .addOption(settingOption(importAllow, `${importAllow.option} <hosts>`))
      .addOption(statusWordOption())
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [target = '', ...paths] = invoked.args;
    const options = invoked.opts<Options>();
    if (options.mapStatus && target !== 'user-status')
      throw new CommandError(exitUsageError, '--map-status is for user-status');
    if (targets.find(({ command }) => command === target)?.input === 'TABLE')
      return runDataset(paths, options, terminal);
    // The environment may have the setting for all commands.
    if (invoked.getOptionValueSource('importAllow') === 'cli')
      throw new CommandError(exitUsageError, '--import-allow is for datasets: others are not imported from links');
    if (options.mode || options.key || options.types || options.keepVersions || options.refreshEvery)
      throw new CommandError(
        exitUsageError,
        '--mode, --key, --types, --keep-versions and --refresh-every are for datasets',
      );
    const files = await Promise.all(paths.map(findFile));
    const config = configOf(options, terminal);
    // A dry run must not create a missing data folder.
    const data = options.dryRun && !storeExists(config.data) ? ':memory:' : config.data;
    const { reports, stopped } = await withData({ ...config, data }, async (opened) => {
      const progress = createImportProgress(terminal.stderr, { files, showsRecords: true });
      const stop = interruptWhenStopped(opened, terminal);
      try {
        const imported = await importGroups(opened, target, files, { ...options, stop, onProgress: progress.show });
        return { reports: imported, stopped: stop.received() };
      } finally {
        progress.end();
      }
    });
    const isDryRun = options.dryRun === true;
    await terminal.print(
      ...(options.json
        ? [JSON.stringify({ target, dryRun: isDryRun, imports: reports })]
        : reports.flatMap((report) => [...reportLines(report, isDryRun), ...recordColumnLines(report)])),
    );
    return exitCodeOf(reports, stopped);
  },
};

interface Stop {
  /** The signal that has come; null while none has. */
  received(): StopSignal | null;
}

/** Lets imports end as INTERRUPTED, with their account, when the command is asked to stop. A second signal kills it. */
const interruptWhenStopped = ({ domains }: CommandServices, terminal: Terminal): Stop => {
  let received: StopSignal | null = null;
  void terminal.untilStopped().then((signal) => {
    received = signal;
    return Promise.all([domains.imports.interruptAll(), domains.datasetImports.interruptAll()]);
  });
  return { received: () => received };
};

const runDataset = async (args: readonly string[], options: Options, terminal: Terminal): Promise<ExitCode> => {
  const { importAllow: hosts } = options;
  const config = readConfig({ data: options.data, ...(hosts ? { importAllow: hosts } : {}) }, terminal.environment);
  const isDryRun = options.dryRun === true;
  const data = isDryRun && !storeExists(config.data) ? ':memory:' : config.data;
  const { report, stopped } = await withData({ ...config, data }, async (opened) => {
    const progress = createImportProgress(terminal.stderr, { showsRecords: true });
    const stop = interruptWhenStopped(opened, terminal);
    try {
      const imported = await importDataset(opened.domains, args, options, progress.show);
      return { report: imported, stopped: stop.received() };
    } finally {
      progress.end();
    }
  });
  await terminal.print(
    ...(options.json
      ? [stringifyExact({ target: 'dataset', dryRun: isDryRun, imports: [report] })]
      : [...reportLines(report, isDryRun), ...columnLines(report)]),
  );
  return exitCodeOf([report], stopped);
};

/** An import that the disk or the end of the process cut short says nothing about its file: it has to be run again. */
const exitCodeOf = (reports: readonly ImportReport[], stopped: StopSignal | null): ExitCode => {
  if (stopped !== null) return stopped === 'SIGINT' ? exitInterrupted : exitTerminated;
  if (reports.some(({ failure }) => failure !== null && unfinishedCodes.includes(failure.code))) return exitFailure;
  return reports.every(isAllStored) ? exitSuccess : exitProblems;
};

const unfinishedCodes: readonly string[] = [
  'OUT_OF_SPACE',
  'STORAGE_FAILED',
  'OUTDATED',
  'INTERRUPTED',
] satisfies ErrorCode[];

const readCount = (text: string): number => {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of at least 1.');
};

const findFile = async (path: string): Promise<File> => {
  const found = await stat(path).catch((cause: unknown) => {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandError(
      exitFailure,
      isMissing ? `there is no file ${path}` : `cannot read ${path}: ${cause}`,
      cause,
    );
  });
  if (!found.isFile()) throw new CommandError(exitFailure, `${path} is not a file`);
  return { path, name: basename(path), bytes: found.size };
};

interface GroupOptions extends ImportReadOptions {
  readonly dryRun?: true;
  readonly mapStatus?: ReadOptions['synonyms'];
  readonly stop: Stop;
  readonly onProgress: ReturnType<typeof createImportProgress>['show'];
}

const importGroups = async (
  { domains }: CommandServices,
  target: string,
  files: readonly File[],
  { dryRun, mapStatus, stop, onProgress, ...options }: GroupOptions,
): Promise<RecordReport[]> => {
  // Several files of ranges make up one table; other files are imported one by one, and fail one by one.
  const found: ImportTarget | undefined = targets.find(({ command }) => command === target);
  const groups = found?.joinsFiles ? [files] : files.map((file) => [file]);
  const reports: RecordReport[] = [];
  for (const group of groups) {
    if (stop.received() !== null) break;
    const rejects = new Map<number, Reject[]>();
    const onReject: ImportOptions['onReject'] = (importId, { line, raw }, problems) => {
      const first = rejects.get(importId) ?? [];
      if (first.length < rejectsShownMax) rejects.set(importId, [...first, { line, raw, problems }]);
    };
    const run = await domains.imports.start(target, group, {
      ...readOptionsOf(options),
      dryRun,
      synonyms: mapStatus,
      onProgress,
      onReject,
    });
    for (const [index, { id, recordDryRun, ...ended }] of (await run.done).entries()) {
      const report = reportOf({ ...ended, id: dryRun ? null : id }, group[index]?.path ?? '', rejects.get(id) ?? []);
      reports.push(recordDryRun ? { ...report, preview: recordDryRun.preview } : report);
    }
  }
  return reports;
};
