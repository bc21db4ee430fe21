import { DomainError, statusOfCode } from '../errors.ts';
import { challenge } from './credentials.ts';

/** What is answered, whatever carries it. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Whole, or in parts as they come. */
  readonly body: string | AsyncIterable<string>;
}

/** The answer to a failed request: the coded error of the contracts, or for a bug nothing but that there is one. */
export const errorResponseOf = (error: unknown): HttpResponse & { readonly body: string; readonly message: string } => {
  const known = error instanceof DomainError ? error : new DomainError('INTERNAL', 'internal error; see the log');
  const { code, message, problems, details } = known;
  const retryAfter =
    typeof details.retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(details.retryAfterMs / 1000)) } : {};
  return {
    status: statusOfCode(code),
    headers: {
      'content-type': 'application/json',
      ...retryAfter,
      ...(code === 'UNAUTHENTICATED' ? challenge : {}),
    },
    body: JSON.stringify({ error: { code, message, ...(problems.length > 0 ? { problems } : {}) } }),
    message,
  };
};

export const toResponse = ({ status, headers, body }: HttpResponse): Response =>
  new Response(typeof body === 'string' ? body : streamOf(body), { status, headers });

const streamOf = (texts: AsyncIterable<string>): ReadableStream<Uint8Array> => {
  const parts = texts[Symbol.asyncIterator]();
  const encoder = new TextEncoder();
  return new ReadableStream(
    {
      async pull(controller) {
        const { done, value } = await parts.next();
        if (done) controller.close();
        else controller.enqueue(encoder.encode(value));
      },
      async cancel() {
        await parts.return?.();
      },
    },
    // Nothing is worked off ahead of a client that does not read.
    { highWaterMark: 0 },
  );
};
