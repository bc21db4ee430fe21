/** How long something may take that goes on by pieces. */
export interface Deadline {
  /** Aborted when it is over, whether by time or by the caller; its reason is what `within` throws. */
  readonly signal: AbortSignal;
  /** Waits for a piece; when it does not come in time, or all of it takes too long, everything is over. */
  race<T>(piece: Promise<T>, late: () => Error): Promise<T>;
  /** Stops the clock. */
  end(): void;
}

/** `idleMs` bounds each piece, `totalMs` all of them together with whatever is done in between. */
export const createDeadline = (
  { idleMs, totalMs }: { readonly idleMs: number; readonly totalMs: number },
  tooLong: () => Error,
  outer?: AbortSignal,
): Deadline => {
  const controller = new AbortController();
  const { signal } = controller;
  const total = setTimeout(() => controller.abort(tooLong()), totalMs);
  const stopped = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) stopped();
  outer?.addEventListener('abort', stopped, { once: true });
  return {
    signal,
    race: (piece, late) =>
      new Promise((resolve, reject) => {
        const idle = setTimeout(() => controller.abort(late()), idleMs);
        const over = (): void => {
          clearTimeout(idle);
          reject(signal.reason);
        };
        const came = (): void => {
          clearTimeout(idle);
          signal.removeEventListener('abort', over);
        };
        if (signal.aborted) over();
        else signal.addEventListener('abort', over, { once: true });
        piece.finally(came).then(resolve, reject);
      }),
    end() {
      clearTimeout(total);
      outer?.removeEventListener('abort', stopped);
    },
  };
};
