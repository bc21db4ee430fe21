import { DomainError, storageFaultOf } from '../errors.ts';

export interface StreamOptions<P> {
  /** What the client receives of a part. */
  readonly contentOf: (part: P) => string | Uint8Array;
  readonly stallMs: number;
  /** Aborted when the server stops. */
  readonly interrupted: AbortSignal;
  /** The last part of a body that failed, for formats in which it cannot be mistaken for content. */
  readonly partOfError?: ((error: DomainError) => string) | undefined;
}

/**
 * A body that reads parts on demand, and fails when the client reads nothing for `stallMs` or the server stops. A body that
 * fails has no proper end, so that its client notices: the connection is closed in the middle.
 */
export const streamOf = <P>(
  firstPart: IteratorResult<P>,
  parts: AsyncGenerator<P>,
  { contentOf, stallMs, interrupted, partOfError }: StreamOptions<P>,
): ReadableStream<Uint8Array> => {
  const encoder = new TextEncoder();
  let next: Promise<IteratorResult<P>> | null = Promise.resolve(firstPart);
  const partOrFault = async (): Promise<IteratorResult<P>> => {
    if (interrupted.aborted) throw new DomainError('NOT_READY', 'the server stopped before this was complete');
    return parts.next();
  };
  let timer: NodeJS.Timeout | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        clearTimeout(timer);
        const { done, value } = await (next ?? partOrFault()).catch((error: unknown) => {
          const fault = error instanceof DomainError ? error : storageFaultOf(error);
          if (fault && partOfError) controller.enqueue(encoder.encode(partOfError(fault)));
          throw error;
        });
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

/** An error as the last line of JSON Lines. */
export const lineOfError = ({ code, message }: DomainError): string =>
  `${JSON.stringify({ error: { code, message } })}\n`;
