import { yieldToEventLoop } from './yielding.ts';

/** Calls `listener` after every change until the returned function is called. */
export type Subscribe = (listener: () => void) => () => void;

/** How a stream waits. All waits end at once when its reader leaves; check `closed` after each. */
export interface StreamWaits {
  readonly closed: boolean;
  /** Resolves after a change since the last call; the first time at once. */
  changed(): Promise<void>;
  /** Resolves after so many milliseconds. */
  elapsed(ms: number): Promise<void>;
}

/** Node fires timers with a longer delay at once. */
const timerMsMax = 2 ** 31 - 1;

/**
 * The values of `produce` as a stream that subscribes at the first `next()`, until it ends or its reader leaves:
 * `return()` takes effect at once, also while a value is pending, and leaves neither listener nor timer. No value is
 * produced before it is requested.
 */
export const changeStream = <T>(
  subscribe: Subscribe,
  produce: (waits: StreamWaits) => AsyncGenerator<T, void, undefined>,
): AsyncIterableIterator<T> => {
  let hasChanged = true;
  let isClosed = false;
  let awaitsChange = false;
  let wake = (): void => undefined;
  let unsubscribe: (() => void) | undefined;

  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const markChanged = (): void => {
    hasChanged = true;
    if (awaitsChange) wake();
  };
  const close = (): void => {
    isClosed = true;
    unsubscribe?.();
    wake();
  };

  const waits: StreamWaits = {
    get closed() {
      return isClosed;
    },
    async changed() {
      awaitsChange = true;
      if (!hasChanged && !isClosed) await woken();
      awaitsChange = false;
      hasChanged = false;
    },
    async elapsed(ms) {
      if (ms <= 0 || isClosed) return;
      const timer = setTimeout(() => wake(), Math.min(ms, timerMsMax));
      await woken();
      clearTimeout(timer);
    },
  };

  const run = async function* (): AsyncGenerator<T, void, undefined> {
    try {
      yield* produce(waits);
    } finally {
      close();
    }
  };
  const values = run();

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (!isClosed) unsubscribe ??= subscribe(markChanged);
      return values.next();
    },
    // A generator that is awaiting something would notice its end only afterwards.
    return() {
      close();
      return values.return();
    },
    throw(error) {
      close();
      return values.throw(error);
    },
  };
};

export interface ThrottledOptions<T> {
  /** Minimum time between the starts of two values, milliseconds. */
  readonly everyMs: number;
  readonly answer: () => T | Promise<T>;
  /** Equal (`Object.is`) for values that do not differ; the default is the value itself, so that new objects differ. */
  readonly fingerprint?: ((answer: T) => unknown) | undefined;
  /** Ends the stream after this value. */
  readonly isLast?: ((answer: T) => boolean) | undefined;
}

/**
 * The current value at once, then a new one after changes if its fingerprint differs, at most one per `everyMs`. The
 * state after the last change always follows. Slow readers skip states in between, because a value is computed when it
 * is requested. An error of `answer` ends the stream.
 */
export const throttledChanges = <T>(
  subscribe: Subscribe,
  { everyMs, answer, fingerprint, isLast }: ThrottledOptions<T>,
) =>
  changeStream<T>(subscribe, async function* (waits) {
    let previous: { readonly fingerprint: unknown } | undefined;
    for (;;) {
      await waits.changed();
      // One change wakes all streams: computing a thousand values at once would block the thread.
      await yieldToEventLoop();
      if (waits.closed) return;
      const startedMs = performance.now();
      const value = await answer();
      if (waits.closed) return;
      const current = fingerprint ? fingerprint(value) : value;
      if (!previous || !Object.is(previous.fingerprint, current)) {
        previous = { fingerprint: current };
        yield value;
        if (isLast?.(value)) return;
      }
      await waits.elapsed(startedMs + everyMs - performance.now());
    }
  });

/** Reports a change at regular times, for sources that do not report their changes. */
export const interval =
  (everyMs: number): Subscribe =>
  (listener) => {
    const timer = setInterval(listener, everyMs);
    return () => clearInterval(timer);
  };
