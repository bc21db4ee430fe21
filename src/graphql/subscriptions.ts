import type { ExecutionArgs } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';
import { DomainError } from '../errors.ts';
import { toGraphQLError } from './errors.ts';

/** Overload rarely passes sooner: a client that is refused should not retry at once. */
const retryAfterMs = 5000;

/**
 * Counts open subscriptions, gives every result loaders of its own, and responds with streams that end immediately when
 * their reader disconnects. Throws OVERLOADED when too many are open, BAD_REQUEST when the client does not accept events.
 */
export const subscriptionsOf = ({ subscriptionsMax }: Config): Plugin<Context> => {
  let open = 0;
  return {
    onSubscribe({ args: { contextValue }, subscribeFn, setSubscribeFn }) {
      const { request, clearLoaders, caller } = contextValue as Context & { readonly request: Request };
      if (!acceptsEvents(request)) throw toGraphQLError(new DomainError('BAD_REQUEST', eventsRequired));
      setSubscribeFn(async (args: ExecutionArgs) => {
        if (open >= subscriptionsMax) throw toGraphQLError(tooMany(subscriptionsMax));
        open++;
        const release = (): void => void open--;
        try {
          const results = await subscribeFn(args);
          if (Symbol.asyncIterator in results) return withLifecycle(results, clearLoaders, release, caller?.ended);
          release();
          return results;
        } catch (error) {
          release();
          throw error;
        }
      });
    },
    onResultProcess({ result, resultProcessor, setResultProcessor }) {
      if (!(Symbol.asyncIterator in result)) return;
      // The response is refused after all, for an unsupported charset: no reader would ever end the stream.
      if (!resultProcessor) return void result[Symbol.asyncIterator]().return?.();
      // Yoga's own streams read ahead and detect a disconnected reader only after the next result.
      const { Response, ReadableStream } = globalThis;
      setResultProcessor(
        (results, fetchApi, type) => resultProcessor(results, { ...fetchApi, Response, ReadableStream }, type),
        'text/event-stream',
      );
    },
  };
};

const eventsRequired = 'a subscription is answered with server-sent events: accept must name text/event-stream';

const acceptsEvents = ({ headers }: Request): boolean =>
  (headers.get('accept') ?? '').toLowerCase().includes('text/event-stream');

const tooMany = (subscriptionsMax: number): DomainError =>
  new DomainError('OVERLOADED', `${subscriptionsMax} subscriptions are open already (setting subscriptionsMax)`, {
    details: { retryAfterMs },
  });

/**
 * The same results; `onNext` is called before each is produced, `onEnd` once: at the end, when the reader disconnects, or
 * immediately when `ended` is aborted, which also ends a pending `next`.
 */
const withLifecycle = <T>(
  results: AsyncIterable<T>,
  onNext: () => void,
  onEnd: () => void,
  ended: AbortSignal | undefined,
): AsyncIterableIterator<T> => {
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
        const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
          stopWaiting = () => resolve(noMore);
          iterator.next().then(resolve, reject);
        });
        if (next.done) end();
        return next;
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      await iterator.return?.();
      return noMore;
    },
  };
};
