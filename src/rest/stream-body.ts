export interface StreamOptions<P> {
  /** What the client receives of a part. */
  readonly contentOf: (part: P) => string | Uint8Array;
  readonly stallMs: number;
}

/** A body that reads parts on demand, and fails when the client reads nothing for `stallMs`. */
export const streamOf = <P>(
  firstPart: IteratorResult<P>,
  parts: AsyncGenerator<P>,
  { contentOf, stallMs }: StreamOptions<P>,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  let next: IteratorResult<P> | null = firstPart;
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        const { done, value } = next ?? (await parts.next());
        next = null;
        if (done) return controller.close();
        const content = contentOf(value);
        controller.enqueue(typeof content === 'string' ? encoder.encode(content) : content);
        timer = setTimeout(() => {
          controller.error(new Error(`the client read nothing for ${stallMs} ms (setting exportStallMs)`));
          void parts.return(undefined);
        }, stallMs);
      },
      async cancel() {
        clearTimeout(timer);
        await parts.return(undefined);
      },
    },
    { highWaterMark: 0 },
  );
};
