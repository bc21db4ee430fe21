/** A time limit for work that proceeds in steps. */
export interface Deadline {
  /** Aborted when the time is over or the caller aborts; `race` rejects with its reason. */
  readonly signal: AbortSignal;
  /** Waits for a step. Aborts everything when the step takes longer than `idleMs` or all steps exceed `totalMs`. */
  race<T>(step: Promise<T>, idleError: () => Error): Promise<T>;
  /** Clears the timers. */
  end(): void;
}

/** `idleMs` limits each step, `totalMs` all steps and the time between them. */
export const createDeadline = (
  { idleMs, totalMs }: { readonly idleMs: number; readonly totalMs: number },
  totalError: () => Error,
  outer?: AbortSignal,
): Deadline => {
  const controller = new AbortController();
  const { signal } = controller;
  const total = setTimeout(() => controller.abort(totalError()), totalMs);
  const onOuterAbort = (): void => controller.abort(outer?.reason);
  if (outer?.aborted) onOuterAbort();
  outer?.addEventListener('abort', onOuterAbort, { once: true });
  return {
    signal,
    race: (step, idleError) =>
      new Promise((resolve, reject) => {
        const idle = setTimeout(() => controller.abort(idleError()), idleMs);
        const onAbort = (): void => {
          clearTimeout(idle);
          reject(signal.reason);
        };
        const onSettled = (): void => {
          clearTimeout(idle);
          signal.removeEventListener('abort', onAbort);
        };
        if (signal.aborted) onAbort();
        else signal.addEventListener('abort', onAbort, { once: true });
        step.finally(onSettled).then(resolve, reject);
      }),
    end() {
      clearTimeout(total);
      outer?.removeEventListener('abort', onOuterAbort);
    },
  };
};
