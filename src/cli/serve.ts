import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command as Declared } from 'commander';
import type { App } from '../app.ts';
import { type Config, readConfig, settings } from '../config.ts';
import { loadDemo } from '../demo/load.ts';
import { DomainError } from '../errors.ts';
import { kindOf, parseIp } from '../lib/ip.ts';
import { type HttpServer, openServer } from '../serve.ts';
import type { Command } from './command.ts';
import { CommandError, couldNotRun, done } from './exit.ts';
import { openApp } from './open-app.ts';
import { greeting } from './serve-greeting.ts';

type Options = Readonly<Record<string, string | undefined>> & { readonly demo?: true; readonly empty?: true };

const portMax = 65_535;

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
    if (config.port > portMax) throw new DomainError('BAD_REQUEST', `setting port must be at most ${portMax}`);
    if (!isLoopback(config.host))
      terminal.say(
        `asof: warning: ${config.host} is no loopback address, and there are no keys: all who reach it may read and write`,
      );
    const stopped = terminal.untilStopped();
    const app = openApp(config);
    try {
      const server = await listen(app, config);
      try {
        const ready = makeReady(app, config, demo === true && !empty);
        const isReady = await Promise.race([ready.then(() => true), stopped.then(() => false)]);
        if (isReady) await terminal.print(...greeting(server.url));
        await stopped;
        await server.stop();
        await ready;
      } finally {
        await server.stop();
      }
    } finally {
      await app.close();
    }
    return done;
  },
};

const declareSetting = (
  command: Declared,
  { name, fallback, meaning, environment }: (typeof settings)[number],
): void => {
  const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const origin = fallback === '' ? environment : `${environment}, default ${fallback}`;
  command.option(`--${flag} <value>`, `${meaning} (${origin})`);
};

const isLoopback = (host: string): boolean => {
  const ip = parseIp(host);
  return ip === null ? host === 'localhost' : kindOf(ip) === 'LOOPBACK';
};

const listen = async (app: App, { host, port }: Config): Promise<HttpServer> => {
  try {
    return await openServer(app.fetch, { host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inUse = code === 'EADDRINUSE' ? `port ${port} of ${host} is in use; choose another with --port` : null;
    throw new CommandError(couldNotRun, inUse ?? `cannot listen on port ${port} of ${host}: ${message}`, error);
  }
};

const makeReady = async (app: App, { data }: Config, demo: boolean): Promise<void> => {
  const { intake } = app.domains;
  if (demo && app.store.commitsAfter(0, 1).length === 0)
    await loadDemo(intake, data === ':memory:' ? tmpdir() : join(data, 'tmp'));
  await intake.endInterrupted();
  await app.start();
};
