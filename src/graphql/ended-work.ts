import type { ExecutionResult } from 'graphql';
import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import type { Budget, Work } from '../lib/work.ts';

/** How a query, or one result of a subscription, may end before it has its result. */
export interface EarlyEnd {
  readonly work: Work;
  /** The setting `queryMsMax`. */
  readonly msMax: number;
}

/** The result, or why its work ended before; null for what changes something, which is finished in any case. */
export const untilEnd = (result: Promise<ExecutionResult>, early: EarlyEnd | null): Promise<ExecutionResult> => {
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
  new DomainError('TIMEOUT', `the operation took longer than ${msMax} ms (setting queryMsMax)`);

/** Why the work for a client that disconnected ends; nobody reads it. */
export const clientLeft = (): DomainError =>
  new DomainError('BAD_REQUEST', 'the client disconnected before its answer was complete');

/** The values that the answer of a query may have. */
export const budgetOf = ({ queryCostMax }: Pick<Config, 'queryCostMax'>): Budget => ({
  valuesMax: queryCostMax,
  exceeded: () =>
    new DomainError(
      'LIMIT_EXCEEDED',
      `the answer has more than ${queryCostMax} values: request smaller pages or fewer fields (setting queryCostMax)`,
    ),
});
