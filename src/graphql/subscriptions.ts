import { type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { clientLeft } from '../http/ended-work.ts';
import type { Work } from '../lib/work.ts';

/** Overload rarely passes sooner: a client that is refused should not retry at once. */
const retryAfterMs = 5000;

/** One result of a subscription. */
export interface StreamedResult {
  readonly result: FormattedExecutionResult;
  /** What a client that resumes after this result sends as `Last-Event-ID`; null when it cannot resume. */
  readonly id: string | null;
}

/** How a subscription is executed. */
export interface SubscriptionSteps {
  /** Its source of events, or why it could not begin. */
  subscribe(): Promise<AsyncIterable<unknown> | ExecutionResult>;
  /** The context of one result. */
  contextOf(): Context;
  /** The result for an event of the source; rejects with the reason when the work of its context ends before. */
  execute(event: unknown, context: Context): Promise<ExecutionResult>;
  idOf(event: unknown): string | null;
  mask(result: ExecutionResult): FormattedExecutionResult;
}

/** The open subscriptions of a server. */
export interface Subscriptions {
  /**
   * Begins a subscription whose results load their objects anew, and which ends immediately when its reader leaves or its
   * caller loses access. Throws OVERLOADED when too many are open.
   */
  open(context: Context, steps: SubscriptionSteps): Promise<AsyncIterable<StreamedResult> | FormattedExecutionResult>;
}

export const createSubscriptions = ({ subscriptionsMax }: Pick<Config, 'subscriptionsMax'>): Subscriptions => {
  let open = 0;
  return {
    async open({ caller, work }, steps) {
      if (open >= subscriptionsMax) throw tooMany(subscriptionsMax);
      open++;
      const release = (): void => {
        open--;
        work.end(clientLeft());
      };
      try {
        const source = await steps.subscribe();
        if (Symbol.asyncIterator in source)
          return withLifecycle(source, { ...steps, onEnd: release, ended: caller?.ended });
        release();
        return steps.mask(source);
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

interface Lifecycle extends Omit<SubscriptionSteps, 'subscribe'> {
  /** Called once: at the end, when the reader leaves, or immediately when `ended` is aborted. */
  readonly onEnd: () => void;
  /** Also ends a pending `next`. */
  readonly ended: AbortSignal | undefined;
}

/** The results for the events of a source; an error of the source is the last result. */
const withLifecycle = (
  source: AsyncIterable<unknown>,
  { contextOf, execute, idOf, mask, onEnd, ended }: Lifecycle,
): AsyncIterableIterator<StreamedResult> => {
  const iterator = source[Symbol.asyncIterator]();
  const noMore = { done: true, value: undefined } as const;
  let isOpen = true;
  let stopWaiting: (() => void) | undefined;
  /** That of the result which is being computed, or was last. */
  let work: Work | undefined;
  const end = (): void => {
    if (isOpen) onEnd();
    isOpen = false;
    work?.end(clientLeft());
    ended?.removeEventListener('abort', abort);
  };
  const abort = (): void => {
    end();
    stopWaiting?.();
    // The iterator may be waiting for an event that never comes.
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
      try {
        const next = await new Promise<IteratorResult<unknown>>((resolve, reject) => {
          stopWaiting = () => resolve(noMore);
          iterator.next().then(resolve, reject);
        });
        if (next.done) {
          end();
          return noMore;
        }
        const context = contextOf();
        work = context.work;
        const result = await execute(next.value, context);
        return { done: false, value: { result: mask(result), id: idOf(next.value) } };
      } catch (error) {
        end();
        const originalError = error instanceof Error ? error : new Error(String(error));
        const failed = { errors: [new GraphQLError(originalError.message, { originalError })] };
        return { done: false, value: { result: mask(failed), id: null } };
      }
    },
    async return() {
      end();
      await iterator.return?.();
      return noMore;
    },
  };
};
