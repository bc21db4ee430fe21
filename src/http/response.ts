import { DomainError, statusOfCode, storageFaultOf } from '../errors.ts';
import { challenge } from './credentials.ts';

/** A response, whether node:http or the Fetch standard carries it. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Complete, or a stream of its parts. */
  readonly body: string | AsyncIterable<string>;
}

/** The message for an internal error: it only names the request id under which the log has the details. */
export const internalErrorMessage = (requestId: string): string =>
  `internal error; look for request ${requestId} in the log of the server`;

/** The response to a failed request: the coded error, or for a bug only the request id under which the log has its details. */
export const errorResponseOf = (
  error: unknown,
  requestId: string,
): HttpResponse & { readonly body: string; readonly message: string } => {
  const known =
    error instanceof DomainError
      ? error
      : (storageFaultOf(error) ?? new DomainError('INTERNAL', internalErrorMessage(requestId)));
  const { code, message, problems, details } = known;
  const acceptEncoding = details.acceptEncoding ? { 'accept-encoding': String(details.acceptEncoding) } : {};
  const allow = typeof details.allow === 'string' ? { allow: details.allow } : {};
  const retryAfter =
    typeof details.retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(details.retryAfterMs / 1000)) } : {};
  return {
    status: statusOfCode(code),
    headers: {
      'content-type': 'application/json',
      ...retryAfter,
      ...acceptEncoding,
      ...allow,
      ...(code === 'UNAUTHENTICATED' ? challenge : {}),
    },
    body: JSON.stringify({
      error: {
        code,
        message,
        ...(problems.length > 0 ? { problems } : {}),
        ...(code === 'INTERNAL' ? { requestId } : {}),
      },
    }),
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
    // Nothing is computed ahead for a client that does not read.
    { highWaterMark: 0 },
  );
};
