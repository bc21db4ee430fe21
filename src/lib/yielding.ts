/** How long one stretch of computing may hold the thread, milliseconds. */
const turnMs = 8;

/**
 * Computations that wait for their next stretch. The event loop is the process's, so this is too: Node runs everything
 * that was put off by `setImmediate` in one go, and twenty stretches in one go would be one long one.
 */
const waiting: (() => void)[] = [];

const resumeNext = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(resumeNext);
};

/** Resolves after a turn of the event loop that no other computation has. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise((resolve) => {
    if (waiting.length === 0) setImmediate(resumeNext);
    waiting.push(resolve);
  });

/** Awaited between slices of a long computation; resolves at once while the current stretch may go on. */
export type Yielder = () => Promise<void> | undefined;

/**
 * Gives other requests their turn: call the result between slices of a long computation. It resolves at once until the
 * stretch has lasted long enough.
 */
export const createYielder = (): Yielder => {
  // The first slice is on credit: computations that begin at one moment would else have their first stretches in a row.
  let until = 0;
  return () => {
    if (performance.now() < until) return undefined;
    return yieldToEventLoop().then(() => {
      until = performance.now() + turnMs;
    });
  };
};
