import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Option } from 'commander';
import { cutStore } from '../../../db/open.ts';
import type { CutResult } from '../../../db/store.ts';
import { chooseBackup, restore } from '../../backup/restore.ts';
import type { Config } from '../../config.ts';
import { DomainError } from '../../errors.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, exitFailure, exitProblems, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import { wholeNumber, withTarget } from './backup/options.ts';
import { problemsOfStore } from './verify.ts';

interface Options extends DataOptions {
  readonly from?: string;
  readonly backup?: string;
  readonly sequence?: number;
}

const help = `
Examples:
  asof restore --from /backups/asof --data /var/lib/asof
  asof restore --from s3://backups/asof --data /var/lib/asof --backup 20261129T201851123Z
  asof restore --from /backups/asof --data /var/lib/asof --sequence 120000

The folder of --data must not exist or be empty. Every object is compared with its hash and the store is checked before the
folder gets its name. Missing and damaged objects are named with what they belong to, and nothing is restored. Exit code 1
means that the restored store has problems, as it had when it was backed up.

--sequence takes the earliest backup that reaches this sequence number, unless --backup names one, and removes the later
records. Figures are then those of the original as of this sequence number. Imports that it interrupts have failed, with
what they had stored by then; datasets whose versions of that time are not in the backup are named and left out. API keys,
alerts and their messages stay as they are in the backup.

--json prints {"backup", "createdAt", "sequence", "data", "files", "removedRecords", "endedImports", "lostDatasets",
"problems"}.`;

/** `asof restore`: writes a backup to a new data folder. */
export const restoreCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('restore'))
      .summary('Restore a backup to a new data folder.')
      .description('Restore ledger, datasets and images from a backup to a new data folder.')
      .option('--from <target>', 'folder, or s3://bucket/prefix, that holds backups')
      .option('--backup <id>', 'beginning of the id of the backup, or newest (default: newest)')
      .addOption(
        new Option('--sequence <n>', 'remove what was recorded after this sequence number').argParser(wholeNumber(0)),
      )
      .addHelpText('after', help),
  async run(invoked, terminal) {
    const options = invoked.opts<Options>();
    const { from, backup: id, sequence, json } = options;
    if (from === undefined) throw new CommandError(exitUsageError, 'restore needs --from');
    const config = configOf(options, terminal);
    if (config.data === ':memory:') throw new CommandError(exitUsageError, 'restore needs a folder as --data');
    return withTarget('--from', from, { config, terminal }, async (target, signal) => {
      const backup = await chooseBackup(target, { id, sequence }, signal);
      let end: (RestoreEnd & { readonly removedFiles: number }) | undefined;
      const finish = async (data: string): Promise<void> => {
        end = await finishStore(config, data, sequence ?? backup.sequence);
      };
      const request = { target, backup, data: config.data, parallel: config.backupParallel, finish };
      await restore(request, signal).catch(withEachProblem);
      if (!end) throw new Error('the restored store was not finished');
      const { id: backupId, createdAtUs, files } = backup;
      const { removedFiles, ...account } = end;
      const result = {
        backup: backupId,
        createdAt: formatInstant(createdAtUs),
        data: config.data,
        files: files.length - removedFiles,
      };
      if (json) await terminal.print(JSON.stringify({ ...result, ...account }));
      else await terminal.print(...linesOf(result, account));
      return account.problems.length === 0 ? exitSuccess : exitProblems;
    });
  },
};

interface RestoreEnd extends Omit<CutResult, 'files' | 'isWithinCommit'> {
  readonly sequence: number;
  readonly problems: readonly string[];
}

const linesOf = (
  { backup, data, files }: { readonly backup: string; readonly data: string; readonly files: number },
  { sequence, removedRecords, endedImports, lostDatasets, problems }: RestoreEnd,
): string[] => {
  const lines = [`restored ${backup} to ${data}: sequence ${sequence}, ${files} files`];
  if (removedRecords > 0) lines.push(`  removed ${removedRecords} later records`);
  if (endedImports.length > 0) lines.push(`  imports cut off, import them again: ${endedImports.join(', ')}`);
  if (lostDatasets.length > 0)
    lines.push(`  datasets whose versions of then are not in the backup: ${lostDatasets.join(', ')}`);
  return [...lines, ...problems];
};

/** Segments are in the restored data folder, wherever the originals are. */
const restoredSegments = 'segments';

/** Cuts a restored store, prepares it for its first server, and finds what is wrong with it. */
const finishStore = async (
  config: Config,
  data: string,
  sequence: number,
): Promise<RestoreEnd & { readonly removedFiles: number }> => {
  const { removedRecords, endedImports, lostDatasets, files } = cutStore(data, sequence);
  for (const file of files) await rm(join(data, 'datasets', file), { force: true });
  const problems = await withExistingData({ ...config, data }, async (opened) => {
    await opened.domains.imports.endInterrupted({ isRestored: true });
    await opened.store.archive().relocate(restoredSegments);
    return (await problemsOfStore(opened)).damages.map(({ message }) => message);
  });
  const named = problems.map((problem) => problem.replaceAll(data, config.data));
  return { sequence, removedRecords, endedImports, lostDatasets, problems: named, removedFiles: files.length };
};

const withEachProblem = (error: unknown): never => {
  if (!(error instanceof DomainError) || error.problems.length === 0) throw error;
  throw new CommandError(
    exitFailure,
    [`${error.message}:`, ...error.problems.map(({ message }) => message)].join('\n  '),
  );
};
