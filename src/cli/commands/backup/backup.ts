import { setTimeout as delay } from 'node:timers/promises';
import { Argument, InvalidArgumentError, Option } from 'commander';
import { openCopier, storeExists } from '../../../../db/open.ts';
import type { StoreCopier } from '../../../../db/store.ts';
import { type BackupServices, createBackup } from '../../../backup/create.ts';
import { listBackups, newestBackup } from '../../../backup/manifest.ts';
import { prune } from '../../../backup/prune.ts';
import type { BackupTarget } from '../../../backup/target.ts';
import type { Config } from '../../../config.ts';
import { DomainError } from '../../../errors.ts';
import { writeBackupNote } from '../../../lib/backup-note.ts';
import { createClock } from '../../../lib/clock.ts';
import { parseRefreshInterval } from '../../../lib/refresh-interval.ts';
import { programVersion } from '../../../version.ts';
import type { Command } from '../../command.ts';
import { openOrFail } from '../../data-folder.ts';
import { CommandError, type ExitCode, exitFailure, exitProblems, exitSuccess, exitUsageError } from '../../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../../options.ts';
import type { Terminal } from '../../terminal.ts';
import { inspectStore } from './inspect.ts';
import { wholeNumber, withTarget } from './options.ts';
import { jsonOfListed, jsonOfResult, lineOfListed, lineOfResult } from './texts.ts';

interface Options extends DataOptions {
  readonly out?: string;
  readonly from?: string;
  /** Milliseconds. */
  readonly every?: number;
  readonly keep?: number;
}

const help = `
Examples:
  asof backup --out /backups/asof
  asof backup --out s3://backups/asof --every 1h --keep 24
  asof backup list --from /backups/asof

A backup can be made while a server runs. It holds one state of the ledger, of datasets and of images. Only what the
target does not have yet is written, and every object is read back before the backup counts. The settings of S3 are those
of user files. Exit code 1 means that the store has problems, which are printed: the backup holds what is left of it.

--json prints {"id", "createdAt", "sequence", "files", "bytes", "asof", "problems", "damage", "isNew", "objects",
"newObjects", "newBytes", "repaired", "removedBackups", "removedObjects"}, with --every one line for each backup; list
prints a list of the fields up to "damage".`;

/** `asof backup`: backs up a data folder once or until it is stopped, and lists backups. */
export const backupCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('backup'))
      .summary('Back up the store, or list backups.')
      .description('Back up ledger, datasets and images to a folder or bucket, or list the backups there.')
      .addArgument(new Argument('[action]', 'list the backups of --from').choices(['list']))
      .option('--out <target>', 'folder, or s3://bucket/prefix, to back up to')
      .option('--from <target>', 'folder, or s3://bucket/prefix, whose backups are listed')
      .addOption(new Option('--every <interval>', 'continue until stopped: 15m, 1h, 1d').argParser(readInterval))
      .addOption(new Option('--keep <n>', 'remove all but the newest n backups').argParser(wholeNumber(1)))
      .addHelpText('after', help),
  async run(invoked, terminal) {
    const [action] = invoked.args;
    const options = invoked.opts<Options>();
    const config = configOf(options, terminal);
    return action === 'list' ? list(options, config, terminal) : backUp(options, config, terminal);
  },
};

const readInterval = (text: string): number => {
  const interval = parseRefreshInterval(text);
  if (interval === null || interval.ms < 1000)
    throw new InvalidArgumentError('It must be an interval of at least 1s like 15m, 1h, 1d or PT1H.');
  return interval.ms;
};

const list = async (
  { from, out, every, keep, json }: Options,
  config: Config,
  terminal: Terminal,
): Promise<ExitCode> => {
  if (from === undefined) throw new CommandError(exitUsageError, 'backup list needs --from');
  if (out !== undefined || every !== undefined || keep !== undefined)
    throw new CommandError(exitUsageError, 'backup list takes none of --out, --every and --keep');
  return withTarget('--from', from, { config, terminal }, async (target, signal) => {
    const listed = await listBackups(target, signal);
    if (json) await terminal.print(JSON.stringify(listed.map(jsonOfListed)));
    else await terminal.print(...listed.map(lineOfListed));
    return listed.some(({ damage }) => damage !== undefined) ? exitProblems : exitSuccess;
  });
};

const backUp = async (options: Options, config: Config, terminal: Terminal): Promise<ExitCode> => {
  const { out, from, every } = options;
  if (out === undefined) throw new CommandError(exitUsageError, 'backup needs --out');
  if (from !== undefined) throw new CommandError(exitUsageError, '--from applies to backup list only');
  if (config.data === ':memory:' || !storeExists(config.data))
    throw new CommandError(exitFailure, `${config.data} is not a data folder of asof`);
  const store = openOrFail(config, () => openCopier(config.data));
  try {
    return await withTarget('--out', out, { config, terminal }, async (target, signal) => {
      const job = { options, config, terminal, store, target };
      if (every === undefined) return (await backUpOnce(job, signal)).exitCode;
      await repeat(job, every, signal);
      return exitSuccess;
    });
  } finally {
    store.close();
  }
};

interface Job {
  readonly options: Options;
  readonly config: Config;
  readonly terminal: Terminal;
  readonly store: StoreCopier;
  readonly target: BackupTarget;
}

const backUpOnce = async (
  { options, config, terminal, store, target }: Job,
  signal: AbortSignal,
): Promise<{ readonly exitCode: ExitCode; readonly id: string; readonly sequence: number }> => {
  const parallel = config.backupParallel;
  const services: BackupServices = {
    ...{ target, store, parallel, data: config.data, version: programVersion(), nowUs: createClock(config.now) },
    inspect: (data) => inspectStore(config, data),
  };
  const result = await createBackup(services, signal);
  await noteBackup(services, result.backup.sequence, terminal);
  const pruned = options.keep === undefined ? null : await prune(target, { keep: options.keep, parallel }, signal);
  const text = options.json ? JSON.stringify(jsonOfResult(result, pruned)) : lineOfResult(result, pruned);
  await terminal.print(text);
  const { id, sequence, problems } = result.backup;
  for (const problem of problems) terminal.printError(`asof: ${problem}`);
  return { exitCode: problems.length === 0 ? exitSuccess : exitProblems, id, sequence };
};

/** Lets servers say when the last backup was made. */
const noteBackup = async (
  { data, nowUs }: Pick<BackupServices, 'data' | 'nowUs'>,
  sequence: number,
  terminal: Terminal,
): Promise<void> => {
  try {
    await writeBackupNote(data, { atUs: nowUs(), sequence });
  } catch (error) {
    terminal.printError(`asof: the backup is complete, but the data folder cannot say so: ${messageOf(error)}`);
  }
};

/** The pause after a failure, at most: the target may be back soon. */
const retryMsMax = 60_000;

/** Goes on after errors. While nothing is written to the store, nothing is copied. */
const repeat = async (job: Job, everyMs: number, signal: AbortSignal): Promise<void> => {
  const { store, target, terminal, config } = job;
  let last: { readonly version: number; readonly id: string; readonly sequence: number } | null = null;
  while (!signal.aborted) {
    const startedMs = Date.now();
    let pauseMs = everyMs;
    try {
      // Before the copy: a commit in between is then backed up twice rather than never.
      const version = store.version();
      if (last !== null && last.version === version && (await newestBackup(target, signal))?.id === last.id) {
        await noteBackup({ data: config.data, nowUs: createClock(config.now) }, last.sequence, terminal);
        await terminal.print(unchanged(job, last.id));
      } else last = { version, ...(await backUpOnce(job, signal)) };
    } catch (error) {
      if (signal.aborted) return;
      last = null;
      terminal.printError(`asof: the backup failed: ${messageOf(error)}`);
      pauseMs = Math.min(everyMs, retryMsMax);
    }
    const elapsedMs = Date.now() - startedMs;
    await delay(Math.max(0, pauseMs - elapsedMs), undefined, { signal }).catch(() => undefined);
  }
};

const unchanged = ({ options }: Job, id: string): string =>
  options.json ? JSON.stringify({ id, isNew: false }) : `${id}: unchanged since then`;

const messageOf = (error: unknown): string =>
  error instanceof DomainError || error instanceof CommandError ? error.message : String(error);
