import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { exitProblems, exitSuccess, isSystemError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';

/** `asof verify`: whether the store is sound, from its pages to its accounts. */
export const verifyCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('verify'))
      .summary('Check the store.')
      .description('Check the store: its file, that no record is missing, and that every import adds up.')
      .addHelpText('after', '\nExample:\n  asof verify --data /var/lib/asof'),
  async run(invoked, terminal) {
    const options = invoked.opts<DataOptions>();
    const { problems, records } = await withExistingData(configOf(options, terminal), check);
    const isSound = problems.length === 0;
    if (options.json) await terminal.print(JSON.stringify({ sound: isSound, records, problems }));
    else await terminal.print(...(isSound ? [`sound: ${records} records`] : problems));
    return isSound ? exitSuccess : exitProblems;
  },
};

const check = async ({
  store,
}: CommandServices): Promise<{ readonly problems: string[]; readonly records: number | null }> => {
  try {
    return store.verify();
  } catch (error) {
    // A file that is damaged badly enough cannot even be searched for damage.
    if (isSystemError(error)) return { problems: [`file: ${error.message}`], records: null };
    throw error;
  }
};
