import { isTextId, textIdLengthMax } from '../../lib/text-id.ts';
import { parseInstant } from '../../lib/time.ts';
import { knownAsOfOf, type SnapshotOptions, withSnapshotOptions } from '../as-of-options.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';

/** `asof status`: the status of a user on a date, one word. */
export const statusCommand: Command = {
  declare: (program) =>
    withSnapshotOptions(withDataOptions(program.command('status')))
      .summary('Print the status of a user on a date.')
      .description('Print the status of a user on a date: paying, cancelled or non-paying.')
      .argument('<user>', 'user id')
      .argument('<date>', 'date, or date and time, UTC unless it says otherwise')
      .addHelpText(
        'after',
        '\nExamples:\n  asof status u-1001 2025-05-20T12:00:00\n  asof status u-1001 2025-05-20 --known-at 2025-06-01',
      ),
  async run(invoked, terminal) {
    const [userId = '', date = ''] = invoked.args;
    const options = invoked.opts<DataOptions & SnapshotOptions>();
    const atUs = parseInstant(date);
    if (atUs === null)
      throw new CommandError(exitUsageError, `the date must be like 2025-05-20 or 2025-05-20T12:00:00Z, not "${date}"`);
    if (!isTextId(userId))
      throw new CommandError(exitUsageError, `the user id must have 1 to ${textIdLengthMax} characters`);
    const knownAsOf = knownAsOfOf(options);
    const { status } = await withExistingData(configOf(options, terminal), async ({ domains, ledger }) => {
      await ledger.catchUp();
      return domains.userStatus.statusAt(userId, atUs, knownAsOf);
    });
    await terminal.print(options.json ? JSON.stringify({ userId, date, status }) : status);
    return exitSuccess;
  },
};
