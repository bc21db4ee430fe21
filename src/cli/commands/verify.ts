import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { exitProblems, exitSuccess, isSystemError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';

/** `asof verify`: checks the store, from the pages of its file to the counts of its imports, and the files of images and datasets. */
export const verifyCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('verify'))
      .summary('Check the store.')
      .description(
        'Check that the file of the store is intact, that no record is missing, that the counts of every import add up, ' +
          'and that the file of every image and of every version of a dataset exists with the size and the SHA-256 it was stored with.',
      )
      .addHelpText('after', '\nExample:\n  asof verify --data /var/lib/asof'),
  async run(invoked, terminal) {
    const options = invoked.opts<DataOptions>();
    const { problems, records } = await withExistingData(configOf(options, terminal), problemsOfStore);
    const isSound = problems.length === 0;
    if (options.json) await terminal.print(JSON.stringify({ sound: isSound, records, problems }));
    else await terminal.print(...(isSound ? [`sound: ${records} records`] : problems));
    return isSound ? exitSuccess : exitProblems;
  },
};

/** What is wrong with the store and the files that it names, and how many records there are; null when that is unknown. */
export const problemsOfStore = async ({
  store,
  domains: { fileProblems },
}: CommandServices): Promise<{ readonly problems: string[]; readonly records: number | null }> => {
  try {
    const { problems, records } = store.verify();
    for await (const problem of fileProblems()) problems.push(problem);
    return { problems, records };
  } catch (error) {
    // SQLite cannot check a badly damaged file at all.
    if (isSystemError(error)) return { problems: [`file: ${error.message}`], records: null };
    throw error;
  }
};
