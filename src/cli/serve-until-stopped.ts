import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destination, type Logger, levels, pino } from 'pino';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { isDemoWanted, loadDemo } from '../demo/load.ts';
import { DomainError } from '../errors.ts';
import { kindOf, parseIp } from '../lib/ip.ts';
import { type HttpServer, openServer } from '../serve.ts';
import { opening } from './data-folder.ts';
import { CommandError, couldNotRun } from './exit.ts';
import { greeting } from './serve-greeting.ts';
import type { Terminal } from './terminal.ts';

const portMax = 65_535;

/** Serves until the process is asked to stop. Listens early, so that `/readyz` can say that it is not ready yet. */
export const serveUntilStopped = async (
  config: Config,
  terminal: Terminal,
  { demo }: { readonly demo: boolean },
): Promise<void> => {
  if (config.port > portMax) throw new DomainError('BAD_REQUEST', `setting port must be at most ${portMax}`);
  const log = createLog(config);
  if (!isLoopback(config.host))
    terminal.say(
      `asof: warning: ${config.host} is no loopback address, and there are no keys: all who reach it may write`,
    );
  const stopped = terminal.untilStopped();
  const app = opening(config, () => createApp(config, { log }));
  try {
    const server = await listen(app, config, log);
    try {
      const ready = makeReady(app, config, demo);
      const isReady = await Promise.race([ready.then(app.synchronised).then(() => true), stopped.then(() => false)]);
      if (isReady) await terminal.print(...greeting(server.url));
      await stopped;
      log.info('stopping');
      await server.stop();
      await ready;
    } finally {
      await server.stop();
    }
  } finally {
    await app.close();
  }
};

/** Logs to stderr, at once, so that nothing is lost when the process ends. */
const createLog = ({ logLevel }: Config): Logger => {
  const known = [...Object.values(levels.labels), 'silent'];
  if (!known.includes(logLevel))
    throw new DomainError('BAD_REQUEST', `setting logLevel must be one of ${known.join(', ')}, not "${logLevel}"`);
  return pino({ level: logLevel }, destination({ fd: 2, sync: true }));
};

const isLoopback = (host: string): boolean => {
  const ip = parseIp(host);
  return ip === null ? host === 'localhost' : kindOf(ip) === 'LOOPBACK';
};

const listen = async (app: App, { host, port }: Config, log: Logger): Promise<HttpServer> => {
  try {
    return await openServer(app.fetch, { host, port, log, direct: app.direct });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inUse = code === 'EADDRINUSE' ? `port ${port} of ${host} is in use; choose another with --port` : null;
    throw new CommandError(couldNotRun, inUse ?? `cannot listen on port ${port} of ${host}: ${message}`, error);
  }
};

const makeReady = async (app: App, { data }: Config, demo: boolean): Promise<void> => {
  const { intake } = app.domains;
  if (demo && isDemoWanted(intake)) await loadDemo(app.domains, data === ':memory:' ? tmpdir() : join(data, 'tmp'));
  await intake.endInterrupted();
  await app.start();
};
