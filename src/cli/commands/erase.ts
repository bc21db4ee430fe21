import { statfs } from 'node:fs/promises';
import type { Store } from '../../../db/store.ts';
import { type RewrittenSegments, rewriteSegments } from '../../archive/erase-archived.ts';
import { type ListedBackup, listBackups } from '../../backup/manifest.ts';
import { openTarget } from '../../backup/open-target.ts';
import type { Config } from '../../config.ts';
import type { Erasure, ErasureRequest } from '../../domains/erasure/erasure.ts';
import { preview } from '../../lib/problems.ts';
import { isTextId, textIdLengthMax } from '../../lib/text-id.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { CommandError, exitFailure, exitSuccess, exitUsageError, isSystemError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { withTarget } from './backup/options.ts';

interface Options extends DataOptions {
  readonly user?: string;
  readonly dataset?: readonly string[];
  readonly backups?: readonly string[];
  readonly yes?: true;
}

const help = `
Examples:
  asof erase --user u-1017 --data /var/lib/asof
  asof erase --user u-1017 --data /var/lib/asof --backups /backups/asof --backups s3://backups/asof --yes
  asof erase --user u-1017 --dataset visits.visitor --dataset 'calls.phone=+49 30 1234567' --data /var/lib/asof
  asof erase --dataset newsletter.email=ada@example.org --data /var/lib/asof

Stop the server and other commands on the data folder first. What is the person's is counted and shown, then it has to be
confirmed, or --yes. Erased are attributes, user files, images that no other user has, status changes, transactions with their
addresses, events of experiments, exclusions, and conversations whose UUID is the id; and the texts of rejected records,
imports, stored answers and alerts that have the id as a word of its own. --dataset NAME.COLUMN=VALUE erases the rows with the
value in the column, from all versions of the dataset, and the texts of rejected rows that have it as a word; NAME.COLUMN alone
erases those with the id of --user. Then the file is written anew, so that nothing remains in its pages: that needs twice its
size on the disk, and the size of the versions of datasets.

Not erased: other datasets, backups, the source of user files, which the next synchronization reads again, and files that were
exported. --backups names those backups that still have some of it.

The sequence numbers and digests of the erased records stay, so "asof verify" finds the store sound. Figures as of a sequence
number from the first erased record on can no longer be reproduced. An erasure that is interrupted is completed by the next
start of a server, or by running the command again.

--json prints {"user", "counts": [{"kind", "before", "erased", "after"}], "rows": [{"dataset", "version", "before", "erased",
"after"}], "amount": {"before", "erased", "after"}, "firstSequence", "backups": [{"target", "id", "createdAt", "sequence"}]};
before and after are null for texts.`;

const repeated = (each: string, before: readonly string[] = []): readonly string[] => [...before, each];

/** `asof erase`: removes everything of a person, and rows of datasets, from the data folder. */
export const eraseCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('erase'))
      .summary('Erase a person.')
      .description(
        'Remove the attributes, records, files and texts of a person, and rows of datasets, from the data folder.',
      )
      .option('--user <id>', 'id of the person')
      .option(
        '--dataset <name.column=value>',
        'rows of a dataset with this value in the column, in all versions; without =value those with the id of the person; may be repeated',
        repeated,
      )
      .option(
        '--backups <target>',
        'folder, or s3://bucket/prefix, whose backups that have some of it are named; may be repeated',
        repeated,
      )
      .option('--yes', 'erase without asking')
      .addHelpText('after', help),
  async run(invoked, terminal) {
    const options = invoked.opts<Options>();
    const { user = null, dataset: rows = [] } = options;
    if (user === '' || (user === null && rows.length === 0))
      throw new CommandError(exitUsageError, 'erase needs --user or --dataset');
    if (user !== null && !isTextId(user))
      throw new CommandError(exitUsageError, `a user id has 1 to ${textIdLengthMax} characters`);
    for (const text of rows)
      if (!text.includes('.') || (user === null && !text.includes('=')))
        throw new CommandError(exitUsageError, `--dataset must be NAME.COLUMN=VALUE, not ${preview(text)}`);
    const config = configOf(options, terminal);
    if (config.data === ':memory:') throw new CommandError(exitUsageError, 'erase needs a folder as --data');
    const erasure = { userId: user, rows };
    const what = [...(user === null ? [] : [user]), ...rows].join(', ');
    await withExistingData(config, (opened) => eraseFrom(opened, { erasure, what, options, config, terminal }), {
      isExclusive: true,
    });
    return exitSuccess;
  },
};

interface Request {
  readonly erasure: ErasureRequest;
  /** What is erased, in words. */
  readonly what: string;
  readonly options: Options;
  readonly config: Config;
  readonly terminal: Terminal;
}

const eraseFrom = async (opened: CommandServices, request: Request): Promise<void> => {
  const { store, domains } = opened;
  const { eraser } = domains;
  const { erasure, what, config } = request;
  const found = await eraser.find(erasure);
  if (found.isEmpty) {
    await withExplanation(config, () => eraser.finishInterrupted());
    // Of an erasure that was interrupted.
    await (await segmentsWithout({ matches: [] }, opened, config)).finish();
    await report(found, [], request);
    return;
  }
  await requireSpace(store, found, config);
  const backups = await backupsWith(found, request);
  await confirm(found, request);
  const segments = await segmentsWithout(found, opened, config);
  try {
    await found.erase(segments.apply);
  } catch (error) {
    await segments.finish();
    throw error;
  }
  await withExplanation(config, () => eraser.finish());
  await segments.finish();
  if (!(await eraser.find(erasure)).isEmpty)
    throw new CommandError(exitFailure, `not all of ${what} was erased: run it again`);
  await report(found, backups, request);
};

/** Writes the segments anew that have records of the person. */
const segmentsWithout = (
  { matches }: Pick<Erasure, 'matches'>,
  { store, data }: CommandServices,
  config: Config,
): Promise<RewrittenSegments> => {
  const services = { store, data, openTarget: (location: string) => openTarget('--data', location, config) };
  return rewriteSegments(services, matches, new AbortController().signal);
};

const confirm = async (found: Erasure, { what, options, terminal }: Request): Promise<void> => {
  if (options.yes) return;
  for (const line of linesOf(found)) terminal.printError(line);
  if (await terminal.confirm(`asof: erase all of this of ${what}? It cannot be undone. [y/N] `)) return;
  throw new CommandError(exitFailure, 'nothing was erased, because it was not confirmed: --yes erases without asking');
};

interface FoundBackup {
  readonly target: string;
  readonly id: string;
  readonly createdAt: string | null;
  /** Null when its manifest cannot be read. */
  readonly sequence: number | null;
}

/** Backups that reach the first record of the person, or have the file of a version. Texts have no number: all count then. */
const backupsWith = async (found: Erasure, { options, config, terminal }: Request): Promise<FoundBackup[]> => {
  const backups: FoundBackup[] = [];
  for (const location of options.backups ?? [])
    await withTarget('--backups', location, { config, terminal }, async (target, signal) => {
      for (const listed of await listBackups(target, signal))
        if (hasSome(listed, found)) backups.push({ target: location, ...describe(listed) });
    });
  return backups;
};

const hasSome = ({ backup }: ListedBackup, { firstSequence, files, hasTexts }: Erasure): boolean => {
  if (!backup || (firstSequence !== null && backup.sequence >= firstSequence)) return true;
  if (firstSequence === null && hasTexts) return true;
  return backup.files.some(({ path }) => files.some((file) => path.endsWith(`/${file}`)));
};

const describe = ({ id, backup }: ListedBackup): Omit<FoundBackup, 'target'> => ({
  id,
  createdAt: backup ? formatInstant(backup.createdAtUs) : null,
  sequence: backup?.sequence ?? null,
});

const requireSpace = async (store: Store, { newBytes }: Erasure, { data }: Config): Promise<void> => {
  const { bavail, bsize } = await statfs(data);
  const needed = 2 * store.bytes() + newBytes;
  if (bavail * bsize >= needed) return;
  throw new CommandError(
    exitFailure,
    `nothing was erased: writing the file of the store and the versions of datasets anew needs ${needed} bytes in ${data}, ${bavail * bsize} are free`,
  );
};

/** Says what is left to do when the rest of an erasure fails. */
const withExplanation = async ({ data }: Config, finish: () => Promise<void>): Promise<void> => {
  try {
    await finish();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CommandError(
      exitFailure,
      `it is erased from the tables, but the file in ${data} could not be written anew (${error.message}): make room and run the command again`,
      error,
    );
  }
};

const linesOf = ({ counts, rows, amount, firstSequence }: Erasure): string[] => [
  ...counts
    .filter(({ erased }) => erased > 0)
    .map(({ kind, before, erased }) =>
      before === null ? `  ${kind}: ${erased} texts` : `  ${kind}: ${erased} of ${before}, ${before - erased} left`,
    ),
  ...rows
    .filter(({ erased }) => erased > 0)
    .map(
      ({ dataset, version, before, erased }) =>
        `  rows of version ${version} of the dataset ${dataset}: ${erased} of ${before}, ${before - erased} left`,
    ),
  ...(amount.erased === '0'
    ? []
    : [`  amounts of transactions: ${amount.erased} of ${amount.before}, ${amount.after} left`]),
  ...(firstSequence === null ? [] : [`  figures from sequence number ${firstSequence} on can no longer be reproduced`]),
];

const report = async (
  found: Erasure,
  backups: readonly FoundBackup[],
  { erasure, what, options, terminal }: Request,
): Promise<void> => {
  const { amount, firstSequence, isEmpty } = found;
  if (options.json) {
    const counts = found.counts.map((each) => ({
      ...each,
      after: each.before === null ? null : each.before - each.erased,
    }));
    const rows = found.rows.map((each) => ({ ...each, after: each.before - each.erased }));
    await terminal.print(JSON.stringify({ user: erasure.userId, counts, rows, amount, firstSequence, backups }));
    return;
  }
  if (isEmpty) {
    await terminal.print(`nothing of ${what} is left`);
    return;
  }
  await terminal.print(`erased ${what}`, ...linesOf(found));
  for (const { target, id, sequence } of backups)
    await terminal.print(
      `  still in the backup ${id} of ${target}${sequence === null ? ', which cannot be read' : ''}`,
    );
};
