import { Argument, Option } from 'commander';
import type { ArchivedSegment, NewSegment, Store } from '../../../db/store.ts';
import { archiveLedger } from '../../archive/archive-ledger.ts';
import { fetchSegments } from '../../archive/target-files.ts';
import { openTarget } from '../../backup/open-target.ts';
import type { Config } from '../../config.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, type ExitCode, exitProblems, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { wholeNumber, withTarget } from './backup/options.ts';

interface Options extends DataOptions {
  readonly before?: number;
  readonly to?: string;
  readonly dryRun?: true;
  readonly compact?: true;
  readonly check?: true;
  readonly fetch?: true;
}

const help = `
Examples:
  asof ledger archive --before 50000000 --to /archive/asof --data /var/lib/asof
  asof ledger archive --before 50000000 --to /archive/asof --dry-run
  asof ledger archive --before 50000000 --to s3://archive/asof
  asof ledger segments --check

archive moves transactions, events, status changes, conversations and follow-ups before the sequence number to Parquet files,
each with at most segmentRecords sequence numbers. Every file is read back and compared with the store before its records are
removed from it. All answers stay the same: the server reads the files where it needs them, so they have to stay where they
are. It works beside a server; an archive that was interrupted goes on when the command is run again. The space in asof.sqlite
is used for new records; --compact, for which no other process may have the data folder open, gives it back to the disk.

With a bucket the data folder has a copy of each file in its folder "segments", from which it is read. A copy may be removed to
make room: what needs it fails until --fetch brings it back. The settings of S3 are those of user files.

segments lists the files; --check reads all of them and compares every record with its digest. Exit code 1 means that one is
missing or not as it was written.

--json prints {"segments": [{"name", "location", "firstSequence", "lastSequence", "records", "bytes", "sha256", "archivedAt",
"problem"}], "removed"}; archive has neither "archivedAt" nor "problem", segments no "removed".`;

/** `asof ledger`: moves old records to Parquet files, and lists these. */
export const ledgerCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('ledger'))
      .summary('Move old records to Parquet files, or list these.')
      .description('Move old records of the ledger out of the store to Parquet files in a folder, or list these files.')
      .addArgument(new Argument('<action>', 'what to do').choices(['archive', 'segments']))
      .addOption(new Option('--before <n>', 'archive: records before this sequence number').argParser(wholeNumber(1)))
      .option('--to <target>', 'archive: folder, or s3://bucket/prefix, for the files')
      .option('--dry-run', 'archive: only say what would be archived')
      .option('--compact', 'archive: write the file of the store anew afterwards')
      .option('--check', 'segments: read all files and compare every record with its digest')
      .option('--fetch', 'segments: first read those from their bucket of which the data folder has no copy')
      .addHelpText('after', help),
  async run(invoked, terminal) {
    const [action] = invoked.args;
    const options = invoked.opts<Options>();
    const config = configOf(options, terminal);
    if (config.data === ':memory:') throw new CommandError(exitUsageError, 'ledger needs a folder as --data');
    return action === 'archive' ? archive(options, config, terminal) : list(options, config, terminal);
  },
};

const archive = async (options: Options, config: Config, terminal: Terminal): Promise<ExitCode> => {
  const { before, to, json } = options;
  if (before === undefined || to === undefined)
    throw new CommandError(exitUsageError, 'ledger archive needs --before and --to');
  if (options.check || options.fetch)
    throw new CommandError(exitUsageError, '--check and --fetch apply to ledger segments only');
  if (options.dryRun) return dryRun({ before, json }, config, terminal);
  const access = options.compact ? { isExclusive: true } : {};
  await withExistingData(
    config,
    ({ store, data }) =>
      withTarget('--to', to, { config, terminal }, async (target, signal) => {
        const services = {
          ...{ store, data, target, segmentRecords: config.segmentRecords },
          openTarget: (location: string) => openTarget('--to', location, config),
          onSegment: async (segment: NewSegment) => (json ? undefined : terminal.print(lineOf(segment))),
        };
        const { segments, removed } = await archiveLedger(services, before, signal);
        if (options.compact) store.compact();
        if (json) await terminal.print(JSON.stringify({ segments: segments.map(jsonOf), removed }));
        else await terminal.print(`archived ${segments.length} segments, removed ${removed} records from the store`);
      }),
    access,
  );
  return exitSuccess;
};

const dryRun = async (
  { before, json }: { readonly before: number; readonly json: true | undefined },
  config: Config,
  terminal: Terminal,
): Promise<ExitCode> => {
  const found = await withExistingData(config, async ({ store }) => {
    const ledgerArchive = store.archive();
    const ranges = [...ledgerArchive.ranges(before, config.segmentRecords)];
    return ranges.map((range) => ({ ...range, records: ledgerArchive.countOf(range) }));
  });
  if (json) {
    const segments = found.map(({ firstSeq, lastSeq, records }) => ({
      ...{ firstSequence: firstSeq, lastSequence: lastSeq, records },
    }));
    await terminal.print(JSON.stringify({ segments, removed: 0 }));
    return exitSuccess;
  }
  const lines = found.map(({ firstSeq, lastSeq, records }) => `records ${firstSeq} to ${lastSeq}: ${records} of them`);
  await terminal.print(...lines, `would archive ${found.length} segments`);
  return exitSuccess;
};

const list = async (options: Options, config: Config, terminal: Terminal): Promise<ExitCode> => {
  for (const name of ['before', 'to', 'dryRun', 'compact'] as const)
    if (options[name] !== undefined)
      throw new CommandError(
        exitUsageError,
        'ledger segments takes --check and --fetch, and no option of ledger archive',
      );
  const { signal } = new AbortController();
  const found = await withExistingData(
    config,
    async ({ store, data }) => {
      const targetOf = (location: string) => openTarget('--data', location, config);
      if (options.fetch) await fetchSegments({ store, data, openTarget: targetOf }, signal);
      return segmentsOf(store, options.check === true);
    },
    { isReadOnly: true },
  );
  if (options.json) {
    const segments = found.map(({ segment, problem }) => ({
      ...{ ...jsonOf(segment), archivedAt: formatInstant(segment.archivedAtUs), problem },
    }));
    await terminal.print(JSON.stringify({ segments }));
  } else if (found.length === 0) await terminal.print('no records are archived');
  else
    await terminal.print(
      ...found.map(({ segment, problem }) => (problem === null ? lineOf(segment) : `${lineOf(segment)}\n  ${problem}`)),
    );
  return found.some(({ problem }) => problem !== null) ? exitProblems : exitSuccess;
};

const segmentsOf = (
  store: Store,
  isChecked: boolean,
): { readonly segment: ArchivedSegment; readonly problem: string | null }[] => {
  const ledgerArchive = store.archive();
  return ledgerArchive
    .segments()
    .map((segment) => ({ segment, problem: isChecked ? ledgerArchive.faultOf(segment) : null }));
};

const lineOf = ({ location, name, firstSeq, lastSeq, records, bytes }: NewSegment | ArchivedSegment): string =>
  `${location.replace(/\/$/, '')}/${name}: records ${firstSeq} to ${lastSeq}, ${records} of them, ${bytes} bytes`;

const jsonOf = ({ name, location, firstSeq, lastSeq, records, bytes, sha256 }: NewSegment | ArchivedSegment) => ({
  ...{ name, location, firstSequence: firstSeq, lastSequence: lastSeq, records, bytes, sha256 },
});
