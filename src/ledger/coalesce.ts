export interface Coalesced {
  /** Resolves when a run that began after the call has ended. */
  run(): Promise<void>;
  /** Resolves when nothing runs any more and no run is due. */
  idle(): Promise<void>;
}

/**
 * Runs `work` never twice at the same time. What a caller waits for may have happened after a running `work` looked, so
 * the caller gets the next run, which it shares with all others that called meanwhile.
 */
export const coalesced = (work: () => Promise<void>): Coalesced => {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;

  const run = (): Promise<void> => {
    if (!running) {
      running = work().finally(() => {
        running = undefined;
      });
      return running;
    }
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return run();
      });
    return next;
  };

  return {
    run,
    async idle() {
      // `next` first: between the two there is a moment at which nothing runs yet.
      while (next ?? running) await (next ?? running)?.catch(() => undefined);
    },
  };
};
