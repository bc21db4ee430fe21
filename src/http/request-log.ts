import type { Logger } from 'pino';

interface AnsweredRequest {
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** By `performance.now()`. */
  readonly startedMs: number;
}

/** Logs, at level debug, that a response was sent, or that its stream began. */
export const logRequest = (log: Logger, { id, method, path, status, startedMs }: AnsweredRequest): void => {
  if (!log.isLevelEnabled('debug')) return;
  const ms = Math.round((performance.now() - startedMs) * 1000) / 1000;
  log.debug({ requestId: id, method, path, status, ms }, 'request');
};
