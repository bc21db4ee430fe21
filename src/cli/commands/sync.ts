import { setTimeout as delay } from 'node:timers/promises';
import { type Config, readConfig } from '../../config.ts';
import type { SyncReport } from '../../domains/user-sync/user-sync.ts';
import { DomainError, type FieldProblem } from '../../errors.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withData } from '../data-folder.ts';
import { CommandError, type ExitCode, exitProblems, exitSuccess, exitUsageError } from '../exit.ts';
import { type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { createImportProgress } from './import/progress.ts';

interface Options extends DataOptions {
  readonly source?: string;
  readonly watch?: true;
  readonly everyMinutes?: string;
}

interface Reject {
  readonly file: string;
  readonly problems: readonly FieldProblem[];
}

const rejectsShownMax = 20;

const help = `
Examples:
  asof sync --source /data/lake/source_data
  ASOF_S3_ENDPOINT=http://127.0.0.1:9000 ASOF_S3_ACCESS_KEY_ID=… ASOF_S3_SECRET_ACCESS_KEY=… asof sync --source s3://datalake/source_data/
  asof sync --watch --every-minutes 5

Only what has changed since the last time is read. While a server or another command synchronizes the same data folder,
this one joins it. --json prints {"import", "source", "state", "processed", "updated", "unchanged", "removed", "rejected",
"output", "failure": null or {"code", "message"}, "rejects": [{"file", "problems"}]}, the first ${rejectsShownMax} rejects.`;

/** `asof sync`: synchronizes users and images with their folder or bucket, once or until it is stopped. */
export const syncCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('sync'))
      .description('Synchronize users and images with their folder or bucket.')
      .option('--source <source>', 'folder, or s3://bucket/prefix (default: ASOF_USER_FILES)')
      .option('--watch', 'continue until stopped')
      .option('--every-minutes <n>', 'how often with --watch, 1 to 60 (default: ASOF_USER_FILES_EVERY_MINUTES, or 10)')
      .addHelpText('after', help),
  async run(invoked, terminal) {
    const { data, source, everyMinutes, watch, json } = invoked.opts<Options>();
    const options = { data, userFiles: source, userFilesEveryMinutes: everyMinutes };
    const config = readConfig(options, terminal.environment);
    if (config.userFiles === '')
      throw new CommandError(exitUsageError, 'sync needs --source, or the setting userFiles');
    return withData(config, async (opened) => {
      await opened.ledger.catchUp();
      const once = (): Promise<ExitCode> => synchronizeOnce(opened, terminal, json === true);
      try {
        return watch ? await repeatUntilStopped(once, config, terminal) : await once();
      } finally {
        await opened.domains.userSync.close();
      }
    });
  },
};

const synchronizeOnce = async (
  { domains }: CommandServices,
  terminal: Terminal,
  asJson: boolean,
): Promise<ExitCode> => {
  const progress = createImportProgress(terminal.stderr);
  try {
    const { done: ended } = await domains.userSync.run(progress.show);
    const report = await ended;
    progress.end();
    const filter = { importId: report.import.id };
    const { rows } = domains.rejects.page(filter, { limit: rejectsShownMax, fromEnd: true });
    const rejects = rows
      .reverse()
      .map(({ source: file, problems }) => ({ file, problems: problems as FieldProblem[] }));
    await terminal.print(...(asJson ? [jsonOf(report, rejects)] : linesOf(report, rejects)));
    return report.import.failureCode === null && report.import.rejected === 0 ? exitSuccess : exitProblems;
  } finally {
    progress.end();
  }
};

/** Continues after an unreachable source, because it may respond the next time. */
const repeatUntilStopped = async (
  once: () => Promise<ExitCode>,
  config: Config,
  terminal: Terminal,
): Promise<ExitCode> => {
  const stopping = new AbortController();
  void terminal.untilStopped().then(() => stopping.abort());
  while (!stopping.signal.aborted) {
    const run = once().catch((error: unknown) => {
      if (!(error instanceof DomainError) || error.code !== 'SOURCE_UNREACHABLE') throw error;
      terminal.printError(`asof: ${error.message}`);
    });
    // Stopping does not wait for a slow source: an unfinished synchronization leaves no trace.
    await Promise.race([run, untilAborted(stopping.signal)]);
    await delay(config.userFilesEveryMinutes * 60_000, undefined, { signal: stopping.signal }).catch(() => undefined);
  }
  return exitSuccess;
};

const untilAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

const jsonOf = ({ import: ended, ...counts }: SyncReport, rejects: readonly Reject[]): string => {
  const { id, source, state, failureCode: code, failureMessage: message } = ended;
  const failure = code === null ? null : { code, message };
  return JSON.stringify({ import: id, source, state, ...counts, failure, rejects });
};

const linesOf = (report: SyncReport, rejects: readonly Reject[]): string[] => {
  const { import: ended, processed, updated, unchanged, removed, rejected, output } = report;
  const account = `${updated} updated, ${unchanged} unchanged, ${removed} removed, ${rejected} rejected`;
  const lines = [`${ended.source}: ${processed} users = ${account}`];
  lines.push(ended.failureMessage === null ? `  ${output} is up to date` : `  ${ended.failureMessage}`);
  for (const { problems } of rejects) lines.push(`  ${problems.map(({ message }) => message).join('; ')}`);
  const more = ended.rejected - rejects.length;
  return more > 0 ? [...lines, `  and ${more} more; see asof rejects list`] : lines;
};
