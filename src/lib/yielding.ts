/** How long one slice of a computation may block the thread, milliseconds. */
const sliceMs = 8;

/**
 * Computations that wait for their next slice. It belongs to the process, like the event loop: Node runs all pending
 * `setImmediate` callbacks in one iteration, and twenty slices in one iteration would be one long one.
 */
const waiting: (() => void)[] = [];

const resumeNext = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(resumeNext);
};

/** Resolves in an iteration of the event loop that no other computation uses. */
export const yieldToEventLoop = (): Promise<void> =>
  new Promise((resolve) => {
    if (waiting.length === 0) setImmediate(resumeNext);
    waiting.push(resolve);
  });

/** Awaited between slices of a long computation; resolves at once while the current stretch may go on. */
export type Yielder = () => Promise<void> | undefined;

/**
 * Lets other requests run: call the result between the steps of a long computation. It returns undefined until the
 * slice has lasted long enough.
 */
export const createYielder = (): Yielder => {
  // The first call always yields: computations that start together would otherwise run their first slices in a row.
  let until = 0;
  return () => {
    if (performance.now() < until) return undefined;
    return yieldToEventLoop().then(() => {
      until = performance.now() + sliceMs;
    });
  };
};
