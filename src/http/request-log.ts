import type { Logger } from 'pino';

interface AnsweredRequest {
  readonly id: string;
  readonly method: string;
  readonly pathname: string;
  readonly status: number;
  /** By `performance.now()`. */
  readonly startedMs: number;
}

/** Logs, at level debug, that a response was sent, or that its stream began. */
export type RequestLog = (answered: AnsweredRequest) => void;

/** `routeOf` is the pattern of a path: the path itself may name a person. */
export const createRequestLog =
  (log: Logger, routeOf: (pathname: string) => string): RequestLog =>
  ({ id, method, pathname, status, startedMs }) => {
    if (!log.isLevelEnabled('debug')) return;
    const ms = Math.round((performance.now() - startedMs) * 1000) / 1000;
    log.debug({ requestId: id, method, route: routeOf(pathname), status, ms }, 'request');
  };
