import { type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';

/** Overload rarely passes sooner: a client that is refused should not retry at once. */
const retryAfterMs = 5000;

/** Results of a subscription, or why it could not begin. */
type Results = AsyncIterable<ExecutionResult> | ExecutionResult;

/** The open subscriptions of a server. */
export interface Subscriptions {
  /**
   * Begins a subscription whose results load their objects anew, and which ends immediately when its reader leaves or its
   * caller loses access. Throws OVERLOADED when too many are open.
   */
  open(
    context: Context,
    subscribe: () => Promise<Results>,
    mask: (result: ExecutionResult) => FormattedExecutionResult,
  ): Promise<AsyncIterable<FormattedExecutionResult> | FormattedExecutionResult>;
}

export const createSubscriptions = ({ subscriptionsMax }: Pick<Config, 'subscriptionsMax'>): Subscriptions => {
  let open = 0;
  return {
    async open({ clearLoaders, caller }, subscribe, mask) {
      if (open >= subscriptionsMax) throw tooMany(subscriptionsMax);
      open++;
      const release = (): void => void open--;
      try {
        const results = await subscribe();
        if (Symbol.asyncIterator in results)
          return withLifecycle(results, { onNext: clearLoaders, onEnd: release, mask, ended: caller?.ended });
        release();
        return mask(results);
      } catch (error) {
        release();
        throw error;
      }
    },
  };
};

const tooMany = (subscriptionsMax: number): DomainError =>
  new DomainError('OVERLOADED', `${subscriptionsMax} subscriptions are open already (setting subscriptionsMax)`, {
    details: { retryAfterMs },
  });

interface Lifecycle {
  /** Called before each result is produced. */
  readonly onNext: () => void;
  /** Called once: at the end, when the reader leaves, or immediately when `ended` is aborted. */
  readonly onEnd: () => void;
  readonly mask: (result: ExecutionResult) => FormattedExecutionResult;
  /** Also ends a pending `next`. */
  readonly ended: AbortSignal | undefined;
}

/** The same results, masked; an error that ends them is their last one. */
const withLifecycle = (
  results: AsyncIterable<ExecutionResult>,
  { onNext, onEnd, mask, ended }: Lifecycle,
): AsyncIterableIterator<FormattedExecutionResult> => {
  const iterator = results[Symbol.asyncIterator]();
  const noMore = { done: true, value: undefined } as const;
  let isOpen = true;
  let stopWaiting: (() => void) | undefined;
  const end = (): void => {
    if (isOpen) onEnd();
    isOpen = false;
    ended?.removeEventListener('abort', abort);
  };
  const abort = (): void => {
    end();
    stopWaiting?.();
    // The iterator may be waiting for a result that never comes.
    iterator.return?.().catch(() => undefined);
  };
  ended?.addEventListener('abort', abort);
  if (ended?.aborted) abort();
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      if (!isOpen) return noMore;
      onNext();
      try {
        const next = await new Promise<IteratorResult<ExecutionResult>>((resolve, reject) => {
          stopWaiting = () => resolve(noMore);
          iterator.next().then(resolve, reject);
        });
        if (!next.done) return { done: false, value: mask(next.value) };
        end();
        return noMore;
      } catch (error) {
        end();
        const originalError = error instanceof Error ? error : new Error(String(error));
        return { done: false, value: mask({ errors: [new GraphQLError(originalError.message, { originalError })] }) };
      }
    },
    async return() {
      end();
      await iterator.return?.();
      return noMore;
    },
  };
};
