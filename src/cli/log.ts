import { destination, type Logger, pino } from 'pino';
import type { Config } from '../config.ts';
import { errorForLog } from '../lib/log-text.ts';
import type { Terminal } from './terminal.ts';

/** A log on stderr: readable lines on a terminal, JSON lines elsewhere. Errors lose what people sent. Both are written at once, so a crash loses none. */
export const createLog = async ({ logLevel: level }: Config, { stderr }: Pick<Terminal, 'stderr'>): Promise<Logger> => {
  const options = {
    level,
    serializers: { err: (error: unknown) => errorForLog(error), error: (error: unknown) => errorForLog(error) },
  };
  if (!stderr.isTTY) return pino(options, destination({ fd: 2, sync: true }));
  const { prettyFactory } = await import('pino-pretty');
  const colorize = stderr.hasColors?.() ?? false;
  const prettify = prettyFactory({ colorize, translateTime: 'SYS:HH:MM:ss.l', ignore: 'pid,hostname' });
  return pino(options, { write: (line) => void stderr.write(prettify(line)) });
};
