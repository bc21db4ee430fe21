import { DomainError } from '../errors.ts';
import type { Work } from '../lib/work.ts';

/** How an answer, or one result of a subscription, may end before it is there. */
export interface EarlyEnd {
  readonly work: Work;
  /** The setting `queryMsMax`. */
  readonly msMax: number;
}

/** The result, or why its work ended before; null for what changes something, which is finished in any case. */
export const untilEnd = <R>(result: Promise<R>, early: EarlyEnd | null): Promise<R> => {
  if (!early) return result;
  const { work, msMax } = early;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => work.end(tookTooLong(msMax)), msMax);
    const forget = work.onEnd((reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    const finish = (): void => {
      clearTimeout(timer);
      forget();
    };
    result.finally(finish).then(resolve, reject);
  });
};

const tookTooLong = (msMax: number): DomainError =>
  new DomainError('TIMEOUT', `the answer took longer than ${msMax} ms (setting queryMsMax)`);

/** Why the work for a client that disconnected ends; nobody reads it. */
export const clientLeft = (): DomainError =>
  new DomainError('BAD_REQUEST', 'the client disconnected before its answer was complete');
