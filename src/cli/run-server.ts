import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { isDemoNeeded, loadDemo } from '../demo/load.ts';
import { DomainError, isStorageFault } from '../errors.ts';
import { type HttpServer, openServer } from '../http/server.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { removeAbandonedFiles } from '../lib/owned-files.ts';
import { programVersion } from '../version.ts';
import { openOrFail } from './data-folder.ts';
import { CommandError, exitFailure } from './exit.ts';
import { createLog } from './log.ts';
import { firstKeyBanner, startupBanner } from './startup-banner.ts';
import type { Terminal } from './terminal.ts';

interface ServerOptions {
  /** Import the demo data when the data folder is empty. */
  readonly demo: boolean;
}

/** Serves until the process is asked to stop. Listens before it is ready, so that `/readyz` can answer 503. */
export const runServer = async (config: Config, terminal: Terminal, { demo }: ServerOptions): Promise<void> => {
  const log = await createLog(config, terminal);
  const stopped = terminal.untilStopped();
  const tracing = await tracingOf(config);
  const app = openOrFail(config, () => createApp(config, { log, tracing }));
  log.debug({ data: config.data }, 'opened the data folder');
  const weakKeys = config.apiKeys.filter(({ isWeak }) => isWeak).length;
  if (weakKeys > 0) log.error({ weakKeys }, weakKeysMessage);
  try {
    await ensureKey(app, config, terminal);
    const server = await listen(app, config, log);
    log.debug({ url: server.url }, 'listening');
    try {
      const startMs = performance.now();
      const ready = startApp(app, config, { demo, address: server.url });
      const isReady = await Promise.race([ready.then(app.firstSync).then(() => true), stopped.then(() => false)]);
      if (isReady) {
        log.debug({ durationMs: Math.round(performance.now() - startMs) }, 'ready');
        await terminal.print(...startupBanner(server.url, app.domains.apiKeys.areNeeded));
      }
      await stopped;
      log.info('stopping');
      app.announceStop();
      await delay(config.stopDelayMs);
      await server.stop();
      await ready;
    } finally {
      await server.stop();
    }
  } finally {
    await app.close();
  }
};

const weakKeysMessage =
  'nobody is admitted with these keys of the setting apiKeys (ASOF_API_KEYS): they cannot have 128 random bits; make others with "openssl rand -hex 32"';

/** The key that a server adds by itself when others can reach it and nobody has added one. */
const firstKeyName = 'first-admin';

/**
 * On an address that other machines can reach, a server without API keys would let everybody read and write: it adds a key
 * and shows it once, on stdout and not in the log, which is often kept and read by many.
 */
const ensureKey = async ({ domains: { apiKeys } }: App, { host, apiKeys: configured }: Config, terminal: Terminal) => {
  if (isLoopbackHost(host) || configured.some(({ isWeak }) => !isWeak) || apiKeys.list().length > 0) return;
  const key = await apiKeys.add(firstKeyName, ['admin']).catch((error: unknown) => {
    // Another server on the same data folder was faster, and shows it.
    if (error instanceof DomainError && error.code === 'CONFLICT') return null;
    throw error;
  });
  if (key !== null) await terminal.print(...firstKeyBanner(firstKeyName, key));
};

/** Undefined without a collector. */
const tracingOf = async (config: Config) => {
  if (config.otlpEndpoint === '') return undefined;
  const { openTracing } = await import('../telemetry/tracing.ts');
  return openTracing(config, programVersion());
};

const listen = async (app: App, config: Config, log: Logger): Promise<HttpServer> => {
  const { host, port, compressBytesMin, stopWaitMs } = config;
  const { fastPath, interrupt: onOverdue } = app;
  try {
    return await openServer(app.fetch, {
      ...{ host, port, log, compressBytesMin, fastPath, stopWaitMs, onOverdue },
      observe: app.observe,
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const inUse = code === 'EADDRINUSE' ? `port ${port} of ${host} is in use; choose another with --port` : null;
    throw new CommandError(exitFailure, inUse ?? `cannot listen on port ${port} of ${host}: ${message}`, error);
  }
};

const isDamage = (error: unknown): boolean => error instanceof DomainError && error.code === 'DATA_DAMAGED';

const startApp = async (
  app: App,
  { data }: Config,
  { demo, address }: ServerOptions & { readonly address: string },
): Promise<void> => {
  const { imports, uploads, images } = app.domains;
  const demoFolder = data === ':memory:' ? tmpdir() : join(data, 'tmp');
  await Promise.all([uploads.removeAbandoned(), images.removeAbandoned(), removeAbandonedFiles(demoFolder)]);
  if (demo && isDemoNeeded(imports)) await loadDemo(app.domains, demoFolder);
  try {
    await imports.endInterrupted();
  } catch (error) {
    // A server on a full disk still answers questions, and one with damage those that do not rest on it.
    if (!isStorageFault(error) && !isDamage(error)) throw error;
  }
  await app.start(address);
};
