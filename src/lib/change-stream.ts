import { yieldToEventLoop } from './yielding.ts';

/** Calls `listener` whenever something has changed, until the function it gives is called. */
export type Subscribe = (listener: () => void) => () => void;

/** What a stream waits with. All waits are over at once when its reader leaves; look at `isLeft` after each. */
export interface StreamWaits {
  readonly closed: boolean;
  /** Resolves when something has changed that was not waited for before; the first time at once. */
  changed(): Promise<void>;
  /** Resolves after so many milliseconds. */
  elapsed(ms: number): Promise<void>;
}

/** Node fires timers that are set to longer at once. */
const timerMsMax = 2 ** 31 - 1;

/**
 * The values of `produce` as a stream that listens from the first `next()` until it ends or is left: `return()` takes
 * effect at once, also while a value is awaited, and leaves neither listener nor timer. Nothing is produced before it
 * is asked for.
 */
export const changeStream = <T>(
  onMove: Subscribe,
  produce: (waits: StreamWaits) => AsyncGenerator<T, void, undefined>,
): AsyncIterableIterator<T> => {
  let hasMoved = true;
  let isLeft = false;
  let awaitsMove = false;
  let wake = (): void => undefined;
  let stopListening: (() => void) | undefined;

  const woken = (): Promise<void> =>
    new Promise((resolve) => {
      wake = resolve;
    });
  const told = (): void => {
    hasMoved = true;
    if (awaitsMove) wake();
  };
  const leave = (): void => {
    isLeft = true;
    stopListening?.();
    wake();
  };

  const waits: StreamWaits = {
    get closed() {
      return isLeft;
    },
    async changed() {
      awaitsMove = true;
      if (!hasMoved && !isLeft) await woken();
      awaitsMove = false;
      hasMoved = false;
    },
    async elapsed(ms) {
      if (ms <= 0 || isLeft) return;
      const timer = setTimeout(() => wake(), Math.min(ms, timerMsMax));
      await woken();
      clearTimeout(timer);
    },
  };

  const run = async function* (): AsyncGenerator<T, void, undefined> {
    try {
      yield* produce(waits);
    } finally {
      leave();
    }
  };
  const values = run();

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (!isLeft) stopListening ??= onMove(told);
      return values.next();
    },
    // A generator that awaits something would only hear of its end afterwards.
    return() {
      leave();
      return values.return();
    },
    throw(error) {
      leave();
      return values.throw(error);
    },
  };
};

export interface ThrottledOptions<T> {
  /** Least time between the beginnings of two answers, milliseconds. */
  readonly everyMs: number;
  readonly answer: () => T | Promise<T>;
  /** Equal (`Object.is`) for answers that say the same; the default is the answer itself, so that new objects differ. */
  readonly fingerprint?: ((answer: T) => unknown) | undefined;
  /** Ends the stream after this answer. */
  readonly isLast?: ((answer: T) => boolean) | undefined;
}

/**
 * An answer at once, then anew whenever something has moved and it says something else, at most once per `everyMs`.
 * The state after the last move is always answered. Who reads slowly skips what came in between: an answer is made when
 * it is asked for. What `answer` throws ends the stream.
 */
export const throttledChanges = <T>(onMove: Subscribe, { everyMs, answer, fingerprint, isLast }: ThrottledOptions<T>) =>
  changeStream<T>(onMove, async function* (waits) {
    let given: { readonly fingerprint: unknown } | undefined;
    for (;;) {
      await waits.changed();
      // One move wakes all streams: a thousand answers in one go would hold the thread.
      await yieldToEventLoop();
      if (waits.closed) return;
      const begunMs = performance.now();
      const value = await answer();
      if (waits.closed) return;
      const saying = fingerprint ? fingerprint(value) : value;
      if (!given || !Object.is(given.fingerprint, saying)) {
        given = { fingerprint: saying };
        yield value;
        if (isLast?.(value)) return;
      }
      await waits.elapsed(begunMs + everyMs - performance.now());
    }
  });

/** Moves at regular times, for what tells nobody when it changes. */
export const interval =
  (everyMs: number): Subscribe =>
  (listener) => {
    const timer = setInterval(listener, everyMs);
    return () => clearInterval(timer);
  };
