import { statfs } from 'node:fs/promises';
import type { Store } from '../../../db/store.ts';
import { type ListedBackup, listBackups } from '../../backup/manifest.ts';
import type { Config } from '../../config.ts';
import type { Erasure } from '../../domains/erasure/erasure.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { CommandError, exitFailure, exitSuccess, exitUsageError, isSystemError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';
import { withTarget } from './backup/options.ts';

interface Options extends DataOptions {
  readonly user?: string;
  readonly backups?: readonly string[];
  readonly yes?: true;
}

const help = `
Examples:
  asof erase --user u-1017 --data /var/lib/asof
  asof erase --user u-1017 --data /var/lib/asof --backups /backups/asof --backups s3://backups/asof --yes

Stop the server and other commands on the data folder first. What is the person's is counted and shown, then it has to be
confirmed, or --yes. Erased are attributes, user files, images that no other user has, status changes, transactions with their
addresses, events of experiments, exclusions, and conversations whose UUID is the id; and the texts of rejected records,
imports, stored answers and alerts that have the id as a word of its own. Then the file is written anew, so that nothing
remains in its pages: that needs twice its size on the disk.

Not erased: datasets, backups, the source of user files, which the next synchronization reads again, and files that were
exported. --backups names those backups that still have records of the person.

The sequence numbers and digests of the erased records stay, so "asof verify" finds the store sound. Figures as of a sequence
number from the first erased record on can no longer be reproduced.

--json prints {"user", "counts": [{"kind", "before", "erased", "after"}], "amount": {"before", "erased", "after"},
"firstSequence", "backups": [{"target", "id", "createdAt", "sequence"}]}; before and after are null for texts.`;

/** `asof erase`: removes everything of a person from the data folder. */
export const eraseCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('erase'))
      .summary('Erase a person.')
      .description('Remove the attributes, records, files and texts of a person from the data folder.')
      .option('--user <id>', 'id of the person')
      .option(
        '--backups <target>',
        'folder, or s3://bucket/prefix, whose backups that have records of the person are named; may be repeated',
        (target: string, before: readonly string[] = []) => [...before, target],
      )
      .option('--yes', 'erase without asking')
      .addHelpText('after', help),
  async run(invoked, terminal) {
    const options = invoked.opts<Options>();
    const { user } = options;
    if (user === undefined || user === '') throw new CommandError(exitUsageError, 'erase needs --user');
    const config = configOf(options, terminal);
    if (config.data === ':memory:') throw new CommandError(exitUsageError, 'erase needs a folder as --data');
    await withExistingData(config, (opened) => eraseFrom(opened, { user, options, config, terminal }), {
      isExclusive: true,
    });
    return exitSuccess;
  },
};

interface Request {
  readonly user: string;
  readonly options: Options;
  readonly config: Config;
  readonly terminal: Terminal;
}

const eraseFrom = async (
  { store, domains: { userErasure, images, uploads } }: CommandServices,
  request: Request,
): Promise<void> => {
  const { user, config } = request;
  const found = userErasure.find(user);
  if (found.isEmpty) {
    // An erasure that was interrupted after its commit.
    if (userErasure.hasErased()) await compact(store, config);
    await report(found, [], request);
    return;
  }
  await requireSpace(store, config);
  const backups = await backupsWith(found, request);
  await confirm(found, request);
  await found.erase();
  // What processes that were killed had begun to read.
  await Promise.all([uploads.removeAbandoned(), images.removeAbandoned()]);
  await compact(store, config);
  if (!userErasure.find(user).isEmpty)
    throw new CommandError(exitFailure, `not all of ${user} was erased: run it again`);
  await report(found, backups, request);
};

const confirm = async (found: Erasure, { user, options, terminal }: Request): Promise<void> => {
  if (options.yes) return;
  for (const line of linesOf(found)) terminal.printError(line);
  if (await terminal.confirm(`asof: erase all of this of ${user}? It cannot be undone. [y/N] `)) return;
  throw new CommandError(exitFailure, 'nothing was erased, because it was not confirmed: --yes erases without asking');
};

interface FoundBackup {
  readonly target: string;
  readonly id: string;
  readonly createdAt: string | null;
  /** Null when its manifest cannot be read. */
  readonly sequence: number | null;
}

/** Backups that reach the first record of the person; those with texts only have no number, so all count then. */
const backupsWith = async (
  { firstSequence }: Erasure,
  { options, config, terminal }: Request,
): Promise<FoundBackup[]> => {
  const found: FoundBackup[] = [];
  for (const location of options.backups ?? [])
    await withTarget('--backups', location, { config, terminal }, async (target, signal) => {
      for (const listed of await listBackups(target, signal)) {
        const { sequence } = listed.backup ?? { sequence: null };
        if (sequence === null || firstSequence === null || sequence >= firstSequence)
          found.push({ target: location, ...describe(listed) });
      }
    });
  return found;
};

const describe = ({ id, backup }: ListedBackup): Omit<FoundBackup, 'target'> => ({
  id,
  createdAt: backup ? formatInstant(backup.createdAtUs) : null,
  sequence: backup?.sequence ?? null,
});

const requireSpace = async (store: Store, { data }: Config): Promise<void> => {
  const { bavail, bsize } = await statfs(data);
  const needed = 2 * store.bytes();
  if (bavail * bsize >= needed) return;
  throw new CommandError(
    exitFailure,
    `nothing was erased: writing the file of the store anew needs ${needed} bytes in ${data}, ${bavail * bsize} are free`,
  );
};

const compact = async (store: Store, config: Config): Promise<void> => {
  try {
    store.compact();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CommandError(
      exitFailure,
      `the records are erased, but the file in ${config.data} could not be written anew (${error.message}): make room and run the command again`,
      error,
    );
  }
};

const linesOf = ({ counts, amount, firstSequence }: Erasure): string[] => [
  ...counts
    .filter(({ erased }) => erased > 0)
    .map(({ kind, before, erased }) =>
      before === null ? `  ${kind}: ${erased} texts` : `  ${kind}: ${erased} of ${before}, ${before - erased} left`,
    ),
  ...(amount.erased === '0'
    ? []
    : [`  amounts of transactions: ${amount.erased} of ${amount.before}, ${amount.after} left`]),
  ...(firstSequence === null ? [] : [`  figures from sequence number ${firstSequence} on can no longer be reproduced`]),
];

const report = async (
  found: Erasure,
  backups: readonly FoundBackup[],
  { user, options, terminal }: Request,
): Promise<void> => {
  const { counts, amount, firstSequence, isEmpty } = found;
  const withAfter = counts.map((each) => ({ ...each, after: each.before === null ? null : each.before - each.erased }));
  if (options.json) {
    await terminal.print(JSON.stringify({ user, counts: withAfter, amount, firstSequence, backups }));
    return;
  }
  if (isEmpty) {
    await terminal.print(`nothing of ${user} is left`);
    return;
  }
  await terminal.print(`erased ${user}`, ...linesOf(found));
  for (const { target, id, sequence } of backups)
    await terminal.print(
      `  still in the backup ${id} of ${target}${sequence === null ? ', which cannot be read' : ''}`,
    );
};
