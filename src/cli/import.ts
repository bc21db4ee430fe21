import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { Argument, type Command as Declared } from 'commander';
import { storeExists } from '../../db/open.ts';
import type { ImportOptions } from '../domains/import-run.ts';
import type { ReadOptions } from '../domains/recording.ts';
import { importTargets } from '../lib/import-targets.ts';
import type { Command } from './command.ts';
import { type Opened, withData } from './data-folder.ts';
import { CommandError, couldNotRun, done, problemsFound, wrongUsage } from './exit.ts';
import { createImportProgress } from './import-progress.ts';
import {
  type ImportReport,
  isAllTakenIn,
  type Reject,
  rejectsShownMax,
  reportLines,
  reportOf,
} from './import-report.ts';
import { configOf, type DataOptions, withDataOptions } from './options.ts';
import { statusWordOption } from './status-words.ts';

const targets = importTargets.map(({ command }) => command);

interface Options extends DataOptions {
  readonly dryRun?: true;
  readonly mapStatus?: ReadOptions['statusWords'];
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

JSON arrays, JSON Lines and CSV are told apart by content; ip-ranges also takes {"city": [{"start", "end"}]} and MaxMind
databases. Several files of ip-ranges make up one table, which replaces the one in force. The later row of a user wins.
A file taken in again adds nothing; events that carry an event_id count once whatever file they come in. What is not
taken in can be mended with asof rejects. --json prints {"target", "dryRun", "imports": [{"id", "file", "state", "read", "stored", "duplicates",
"conflicts", "rejected", "failure": null or {"code", "message"}, "rejects": [{"line", "problems"}]}]}, the first
${rejectsShownMax} rejects of each; read is the sum of stored, duplicates, conflicts and rejected. A dry run has no ids.`;

/** `asof import`: takes files in, whether or not a server runs on the same data folder. */
export const importCommand: Command = {
  declare: (program: Declared) =>
    withDataOptions(program.command('import'))
      .description('Take in files of users, experiment events, status changes, IP ranges or transactions.')
      .addArgument(new Argument('<target>', 'what the files hold').choices(targets))
      .argument('<file...>', 'files to take in')
      .option('--dry-run', 'read and judge every record, store nothing')
      .addOption(statusWordOption())
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [target = '', ...paths] = invoked.args;
    const options = invoked.opts<Options>();
    if (options.mapStatus && target !== 'user-status')
      throw new CommandError(wrongUsage, '--map-status is for user-status');
    const files = await Promise.all(paths.map(findFile));
    const config = configOf(options, terminal);
    // A rehearsal on a folder that is not there must not make it.
    const data = options.dryRun && !storeExists(config.data) ? ':memory:' : config.data;
    const reports = await withData({ ...config, data }, async (opened) => {
      const progress = createImportProgress(terminal.stderr, files);
      try {
        return await takeIn(opened, target, files, { ...options, onProgress: progress.show });
      } finally {
        progress.end();
      }
    });
    const isDryRun = options.dryRun === true;
    await terminal.print(
      ...(options.json
        ? [JSON.stringify({ target, dryRun: isDryRun, imports: reports })]
        : reports.flatMap((report) => reportLines(report, isDryRun))),
    );
    return reports.every(isAllTakenIn) ? done : problemsFound;
  },
};

const findFile = async (path: string): Promise<File> => {
  const found = await stat(path).catch((cause: unknown) => {
    const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CommandError(
      couldNotRun,
      isMissing ? `there is no file ${path}` : `cannot read ${path}: ${cause}`,
      cause,
    );
  });
  if (!found.isFile()) throw new CommandError(couldNotRun, `${path} is not a file`);
  return { path, name: basename(path), bytes: found.size };
};

interface Taking {
  readonly dryRun?: true;
  readonly mapStatus?: ReadOptions['statusWords'];
  readonly onProgress: ReturnType<typeof createImportProgress>['show'];
}

const takeIn = async (
  { domains }: Opened,
  target: string,
  files: readonly File[],
  { dryRun, mapStatus, onProgress }: Taking,
): Promise<ImportReport[]> => {
  // Ranges of several files are one table; of other records each file stands by itself, and fails by itself.
  const together = importTargets.find(({ command }) => command === target)?.together
    ? [files]
    : files.map((file) => [file]);
  const reports: ImportReport[] = [];
  for (const group of together) {
    const rejects = new Map<number, Reject[]>();
    const onReject: ImportOptions['onReject'] = (importId, { line }, problems) => {
      const shown = rejects.get(importId) ?? [];
      if (shown.length < rejectsShownMax) rejects.set(importId, [...shown, { line, problems }]);
    };
    const run = await domains.intake.start(target, group, { dryRun, statusWords: mapStatus, onProgress, onReject });
    for (const [place, { id, ...ended }] of (await run.done).entries())
      reports.push(reportOf({ ...ended, id: dryRun ? null : id }, group[place]?.path ?? '', rejects.get(id) ?? []));
  }
  return reports;
};
