import type { Damage } from '../../../db/store.ts';
import { DomainError } from '../../errors.ts';
import { problemsOfIndexFiles } from '../../ledger/index-files/index-files.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { exitProblems, exitSuccess, isSystemError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import { readShare } from '../share.ts';

interface VerifyOptions extends DataOptions {
  readonly list?: true;
  readonly sample?: number;
  readonly acceptLoss?: true;
}

interface Report {
  readonly damages: readonly Pick<Damage, 'message'>[];
  /** Null when the store cannot be read. */
  readonly records: number | null;
  readonly hasMark: boolean;
}

/** Damages that are printed without `--list`. */
const printedMax = 20;

/** `asof verify`: checks the store, from the pages of its file to the counts of its imports, and the files of images and datasets. */
export const verifyCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('verify'))
      .summary('Check the store.')
      .description(
        'Check that every record and every other row is as it was stored, that none is missing and that the newest are there, ' +
          'that indices and the counts of every import agree with them, and that the file of every image and of every version ' +
          'of a dataset exists with the size and the SHA-256 it was stored with, and every file of indices is whole. Nothing is changed; it works beside a server.',
      )
      .option('--list', `name everything that is damaged; by default the first ${printedMax}`)
      .option('--sample <share>', 'check only this share of records and files, such as 0.1', readShare)
      .option('--accept-loss', 'first take the store as it is, although its newest records are missing')
      .addHelpText('after', '\nExamples:\n  asof verify --data /var/lib/asof\n  asof verify --list --json'),
  async run(invoked, terminal) {
    const options = invoked.opts<VerifyOptions>();
    const config = configOf(options, terminal);
    if (options.acceptLoss) await withExistingData(config, async () => undefined, { acceptsLoss: true });
    const { damages, records, hasMark } = await report(() =>
      withExistingData(config, (opened) => problemsOfStore(opened, options.sample), { isReadOnly: true }),
    );
    const isSound = damages.length === 0;
    const printed = options.list ? damages : damages.slice(0, printedMax);
    const problems = printed.map(({ message }) => message);
    if (options.json)
      await terminal.print(
        JSON.stringify({ sound: isSound, records, hasMark, problems, ...(options.list ? { damages } : {}) }),
      );
    else if (isSound) await terminal.print(`sound: ${records} records${hasMark ? '' : noMark}`);
    else await terminal.print(...problems, ...more(damages.length - printed.length));
    return isSound ? exitSuccess : exitProblems;
  },
};

const noMark = ' (without asof.mark: whether newer ones are missing cannot be seen)';

const more = (count: number): string[] => (count > 0 ? [`and ${count} more: --list names them`] : []);

/** What is wrong with the store and the files that it names; of a share of both, 0 to 1. */
export const problemsOfStore = async (
  { data, store, domains: { fileProblems } }: CommandServices,
  share = 1,
): Promise<Report> => {
  const { damages, records, hasMark } = store.verify(share);
  const found: Report['damages'][number][] = [...damages];
  try {
    for await (const message of fileProblems({ share })) found.push({ message });
    for await (const message of problemsOfIndexFiles(data, store, { share })) found.push({ message });
  } catch (error) {
    if (!isSystemError(error) && !isDamage(error)) throw error;
    found.push({ message: `files: those of images and datasets cannot be named: ${error.message}` });
  }
  return { damages: found, records, hasMark };
};

/** SQLite cannot open a badly damaged file at all. */
const report = async (work: () => Promise<Report>): Promise<Report> => {
  try {
    return await work();
  } catch (error) {
    if (!isDamage(error) && !isSqliteError(error)) throw error;
    return { damages: [{ message: `file: ${error.message}` }], records: null, hasMark: false };
  }
};

const isDamage = (error: unknown): error is DomainError =>
  error instanceof DomainError && error.code === 'DATA_DAMAGED';

const isSqliteError = (error: unknown): error is Error => isSystemError(error) && error.code.startsWith('SQLITE_');
