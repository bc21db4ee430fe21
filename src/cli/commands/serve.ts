import type { Command as CommanderCommand } from 'commander';
import { readConfig, type Setting, settings } from '../../config.ts';
import type { Command } from '../command.ts';
import { exitSuccess } from '../exit.ts';
import { settingOption } from '../options.ts';

type Options = Readonly<Record<string, string | undefined>> & { readonly demo?: true; readonly empty?: true };

/** `asof serve`: the server, until SIGINT or SIGTERM. */
export const serveCommand: Command = {
  declare(program) {
    const command = program
      .command('serve')
      .summary('Serve GraphQL, GraphiQL and REST.')
      .description('Serve GraphQL, GraphiQL and REST. Prints "listening on …" once it is ready for requests.')
      .option('--demo', 'import the demo data when the data folder is empty')
      .option('--empty', 'import no demo data; overrides --demo')
      .addHelpText('after', '\nExample:\n  asof serve --data /var/lib/asof --port 8080');
    for (const setting of settings) declareSetting(command, setting);
    return command;
  },
  async run(invoked, terminal) {
    const { demo, empty, ...options } = invoked.opts<Options>();
    const config = readConfig(options, terminal.environment);
    // Imported lazily: loading GraphQL and REST takes longer than most other commands run.
    const { runServer } = await import('../run-server.ts');
    await runServer(config, terminal, { demo: demo === true && !empty });
    return exitSuccess;
  },
};

/** A setting as an option. `--log-sql` alone means `--log-sql true`. */
const declareSetting = (command: CommanderCommand, setting: Setting): void => {
  const { option, default: text } = setting;
  const isFlag = text === 'true' || text === 'false';
  const declared = settingOption(setting, `${option} ${isFlag ? '[value]' : '<value>'}`);
  command.addOption(isFlag ? declared.preset('true') : declared);
};
