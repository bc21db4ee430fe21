/** How a stream is split into batches and processed. */
export interface BatchOptions<T, R> {
  /** The part of a batch that an item fills; a batch is full at 1. */
  readonly shareOf: (item: T) => number;
  readonly work: (batch: readonly T[]) => Promise<R>;
}

/** Batches processed at the same time: those that wait together share a transaction. */
const runningMax = 4;

/**
 * Processes a stream in batches and yields the results in order. A batch starts at once when none is running, so that a
 * slow sender gets responses; otherwise it collects items until it is full. While batches are full, or the consumer does
 * not ask for results, nothing is read. When the stream fails, the results of the batches that run come first, and items whose
 * batch has not started are dropped.
 */
export async function* inBatches<T, R>(
  source: AsyncIterable<readonly T[]>,
  { shareOf, work }: BatchOptions<T, R>,
): AsyncGenerator<R> {
  const items = source[Symbol.asyncIterator]();
  const running: Promise<{ readonly result: R }>[] = [];
  const batches: T[][] = [];
  let share = 1;
  let reading: Promise<IteratorResult<readonly T[]> | { readonly error: unknown }> | undefined;
  let isEnded = false;
  let failure: { readonly error: unknown } | undefined;

  const gather = (item: T): void => {
    if (share >= 1) {
      batches.push([]);
      share = 0;
    }
    batches.at(-1)?.push(item);
    share += shareOf(item);
  };
  const start = (batch: readonly T[]): void => {
    if (batches.length === 0) share = 1;
    const result = work(batch).then((result) => ({ result }));
    // The result is awaited later, or not at all when the stream fails first.
    void result.catch(() => undefined);
    running.push(result);
  };
  const hasFull = (): boolean => batches.length > 1 || (batches.length === 1 && share >= 1);
  const isDue = (): boolean => (running.length === 0 ? batches.length > 0 : running.length < runningMax && hasFull());

  try {
    while (!isEnded || batches.length > 0 || running.length > 0) {
      while (isDue()) start(batches.shift() as T[]);
      if (!reading && !isEnded && !hasFull()) {
        reading = items.next().catch((error: unknown) => ({ error }));
      }
      const next = await Promise.race([...(reading ? [reading] : []), ...running.slice(0, 1)]);
      if ('error' in next) {
        failure = next;
        isEnded = true;
        batches.length = 0;
        reading = undefined;
        continue;
      }
      if ('result' in next) {
        void running.shift();
        yield next.result;
        continue;
      }
      reading = undefined;
      if (next.done) isEnded = true;
      else for (const item of next.value) gather(item);
    }
    if (failure) throw failure.error;
  } finally {
    // Not awaited: a source that waits for its next chunk ends only with the request.
    void items.return?.().catch(() => undefined);
  }
}
