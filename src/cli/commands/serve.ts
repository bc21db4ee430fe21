import type { Command as Declared } from 'commander';
import { readConfig, type Setting, settings } from '../../config.ts';
import type { Command } from '../command.ts';
import { done } from '../exit.ts';

type Options = Readonly<Record<string, string | undefined>> & { readonly demo?: true; readonly empty?: true };

/** `asof serve`: the server, until SIGINT or SIGTERM. */
export const serveCommand: Command = {
  declare(program) {
    const command = program
      .command('serve')
      .summary('Serve GraphQL, GraphiQL and REST.')
      .description('Serve GraphQL, GraphiQL and REST. Prints "listening on …" once questions can be answered.')
      .option('--demo', 'take in a demo world when the data folder is empty')
      .option('--empty', 'take in no demo world, whatever else is said')
      .addHelpText('after', '\nExample:\n  asof serve --data /var/lib/asof --port 8080');
    for (const setting of settings) declareSetting(command, setting);
    return command;
  },
  async run(invoked, terminal) {
    const { demo, empty, ...given } = invoked.opts<Options>();
    const config = readConfig(given, terminal.environment);
    // Loaded late: the faces take longer to load than the other commands to run.
    const { runServer: serveUntilStopped } = await import('../run-server.ts');
    await serveUntilStopped(config, terminal, { demo: demo === true && !empty });
    return done;
  },
};

const declareSetting = (command: Declared, { name, fallback, meaning, environment }: Setting): void => {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const origin = fallback === '' ? environment : `${environment}, default ${fallback}`;
  command.option(`--${flag} <value>`, `${meaning} (${origin})`);
};
