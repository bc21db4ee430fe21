import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { destination, levels, pino } from 'pino';
import { type App, createApp } from '../app.ts';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { CommandError, couldNotRun, isSystemError } from './exit.ts';

/** Whether there is a store to read; opening one would make it. */
export const holdsStore = ({ data }: Config): boolean => data === ':memory:' || existsSync(join(data, 'asof.sqlite'));

/** The program on its data folder, logging to stderr. Throws CommandError when the folder cannot be used. */
export const openApp = (config: Config): App => {
  const { data, logLevel } = config;
  const known = [...Object.values(levels.labels), 'silent'];
  if (!known.includes(logLevel))
    throw new DomainError('BAD_REQUEST', `setting logLevel must be one of ${known.join(', ')}, not "${logLevel}"`);
  const log = pino({ level: logLevel }, destination({ fd: 2, sync: true }));
  try {
    return createApp(config, { log });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new CommandError(couldNotRun, `the data folder ${data} cannot be used: ${error.message}`, error);
  }
};

/** Opens the program for one piece of work. */
export const withApp = async <R>(config: Config, work: (app: App) => Promise<R>): Promise<R> => {
  const app = openApp(config);
  try {
    return await work(app);
  } finally {
    await app.close();
  }
};

/** The same for work that only reads: a data folder that is not there is not made. */
export const withStored = async <R>(config: Config, work: (app: App) => Promise<R>): Promise<R> => {
  if (!holdsStore(config)) throw new CommandError(couldNotRun, `${config.data} is not a data folder of asof`);
  return withApp(config, work);
};
