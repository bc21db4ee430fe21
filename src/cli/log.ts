import { destination, type Logger, pino } from 'pino';
import type { Config } from '../config.ts';
import type { Terminal } from './terminal.ts';

/** A log on stderr: readable lines on a terminal, JSON lines elsewhere. Both are written at once, so a crash loses none. */
export const createLog = async ({ logLevel: level }: Config, { stderr }: Pick<Terminal, 'stderr'>): Promise<Logger> => {
  if (!stderr.isTTY) return pino({ level }, destination({ fd: 2, sync: true }));
  const { prettyFactory } = await import('pino-pretty');
  const colorize = stderr.hasColors?.() ?? false;
  const prettify = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' });
  return pino({ level }, { write: (line) => void stderr.write(prettify(line)) });
};
