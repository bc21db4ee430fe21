import { parseInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';

/** `asof status`: the status of a user on a date, one word. */
export const statusCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('status'))
      .summary('Print the status of a user on a date.')
      .description('Print the status of a user on a date: paying, cancelled or non-paying.')
      .argument('<user>', 'user id')
      .argument('<date>', 'date, or date and time, UTC unless it says otherwise')
      .addHelpText('after', '\nExample:\n  asof status u-1001 2025-05-20T12:00:00'),
  async run(invoked, terminal) {
    const [userId = '', date = ''] = invoked.args;
    const options = invoked.opts<DataOptions>();
    const atUs = parseInstant(date);
    if (atUs === null)
      throw new CommandError(exitUsageError, `the date must be like 2025-05-20 or 2025-05-20T12:00:00Z, not "${date}"`);
    const { status } = await withExistingData(configOf(options, terminal), async ({ domains, ledger }) => {
      await ledger.catchUp();
      return domains.userStatus.statusAt(userId, atUs);
    });
    await terminal.print(options.json ? JSON.stringify({ userId, date, status }) : status);
    return exitSuccess;
  },
};
