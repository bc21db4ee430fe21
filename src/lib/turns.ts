/** How long one stretch of computing may hold the thread, milliseconds. */
const turnMs = 8;

/**
 * Gives other requests their turn: call the result between slices of a long computation. It resolves at once until the
 * stretch has lasted long enough, then after one turn of the event loop.
 */
export const takeTurns = (): (() => Promise<void> | undefined) => {
  let until = performance.now() + turnMs;
  return () => {
    if (performance.now() < until) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        until = performance.now() + turnMs;
        resolve();
      });
    });
  };
};
