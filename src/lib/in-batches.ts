/** How a stream is worked off. */
export interface Batching<T, R> {
  /** How much of a batch an item takes; a batch is full at 1. */
  readonly shareOf: (item: T) => number;
  readonly work: (batch: readonly T[]) => Promise<R>;
}

/** Pieces of work under way at one time: one is being done while the next is handed in. */
const underWayMax = 2;

/**
 * Works a stream off in batches and yields the results in order. A batch is begun at once when nothing is under way,
 * so that a slow sender is answered; else items are gathered meanwhile until it is full. No more is read than that, and
 * nothing while results are not taken. What was read but not begun is given up when the stream fails.
 */
export async function* inBatches<T, R>(
  source: AsyncIterable<readonly T[]>,
  { shareOf, work }: Batching<T, R>,
): AsyncGenerator<R> {
  const items = source[Symbol.asyncIterator]();
  const underWay: Promise<{ readonly result: R }>[] = [];
  const batches: T[][] = [];
  let share = 1;
  let reading: Promise<IteratorResult<readonly T[]>> | undefined;
  let isEnded = false;

  const gather = (item: T): void => {
    if (share >= 1) {
      batches.push([]);
      share = 0;
    }
    batches.at(-1)?.push(item);
    share += shareOf(item);
  };
  const begin = (batch: readonly T[]): void => {
    if (batches.length === 0) share = 1;
    const begun = work(batch).then((result) => ({ result }));
    // It is awaited later, or not at all when the stream fails before.
    void begun.catch(() => undefined);
    underWay.push(begun);
  };
  const hasFull = (): boolean => batches.length > 1 || (batches.length === 1 && share >= 1);
  const isDue = (): boolean =>
    underWay.length === 0 ? batches.length > 0 : underWay.length < underWayMax && hasFull();

  try {
    while (!isEnded || batches.length > 0 || underWay.length > 0) {
      while (isDue()) begin(batches.shift() as T[]);
      if (!reading && !isEnded && !hasFull()) {
        reading = items.next();
        void reading.catch(() => undefined);
      }
      const happened = await Promise.race([...(reading ? [reading] : []), ...underWay.slice(0, 1)]);
      if ('result' in happened) {
        void underWay.shift();
        yield happened.result;
        continue;
      }
      reading = undefined;
      if (happened.done) isEnded = true;
      else for (const item of happened.value) gather(item);
    }
  } finally {
    // Not awaited: a source that waits for its next chunk ends only with the request.
    void items.return?.().catch(() => undefined);
  }
}
