import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { destination, type Logger, pino } from 'pino';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { isDemoWanted, loadDemo } from '../demo/load.ts';
import { type HttpServer, openServer } from '../http/server.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { openOrFail } from './data-folder.ts';
import { CommandError, exitFailure } from './exit.ts';
import { startupBanner } from './startup-banner.ts';
import type { Terminal } from './terminal.ts';

/** Serves until the process is asked to stop. Listens early, so that `/readyz` can say that it is not ready yet. */
export const runServer = async (
  config: Config,
  terminal: Terminal,
  { demo }: { readonly demo: boolean },
): Promise<void> => {
  const log = createLog(config);
  const stopped = terminal.untilStopped();
  const app = openOrFail(config, () => createApp(config, { log }));
  try {
    requireKeys(app, config);
    const server = await listen(app, config, log);
    try {
      const ready = startApp(app, config, demo);
      const isReady = await Promise.race([ready.then(app.firstSync).then(() => true), stopped.then(() => false)]);
      if (isReady) await terminal.print(...startupBanner(server.url, app.domains.apiKeys.areNeeded));
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
  return pino({ level: logLevel }, destination({ fd: 2, sync: true }));
};

/** Where others can reach it, a server that asks for no keys would let everybody read and write. */
const requireKeys = ({ domains: { apiKeys } }: App, { host, apiKeys: fixed }: Config): void => {
  if (isLoopbackHost(host) || fixed.length > 0 || apiKeys.list().length > 0) return;
  throw new CommandError(
    exitFailure,
    `${host} is no loopback address, and there are no API keys: make one with "asof keys add NAME --scope admin", ` +
      'or set ASOF_API_KEYS=admin:KEY, with a KEY such as "openssl rand -hex 32" prints',
  );
};

const listen = async (app: App, { host, port }: Config, log: Logger): Promise<HttpServer> => {
  try {
    return await openServer(app.fetch, { host, port, log, direct: app.fastPath });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inUse = code === 'EADDRINUSE' ? `port ${port} of ${host} is in use; choose another with --port` : null;
    throw new CommandError(exitFailure, inUse ?? `cannot listen on port ${port} of ${host}: ${message}`, error);
  }
};

const startApp = async (app: App, { data }: Config, demo: boolean): Promise<void> => {
  const { imports } = app.domains;
  if (demo && isDemoWanted(imports)) await loadDemo(app.domains, data === ':memory:' ? tmpdir() : join(data, 'tmp'));
  await imports.endInterrupted();
  await app.start();
};
