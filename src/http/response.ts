import { DomainError, statusOfCode, storageFaultOf } from '../errors.ts';
import { Stages } from '../lib/yielding.ts';
import { challenge } from './credentials.ts';

/** A response, whether node:http or the Fetch standard carries it. */
export interface HttpResponse {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Complete, in one piece or in several that are written in slices, or a stream of its parts. */
  readonly body: string | readonly string[] | AsyncIterable<string>;
}

/** Pieces of a body, each in its own slice when they are many. */
export async function* inSlices(pieces: readonly string[]): AsyncGenerator<string> {
  const stages = new Stages();
  for (const piece of pieces) {
    await stages.next();
    yield piece;
  }
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

export const toResponse = ({ status, headers, body }: HttpResponse): Response => {
  const whole = isPieces(body) && body.length === 1 ? (body[0] as string) : body;
  if (typeof whole === 'string') return new Response(whole, { status, headers });
  return new Response(streamOf(isPieces(whole) ? inSlices(whole) : whole), { status, headers });
};

/** Whether a body is complete, in several pieces. */
export const isPieces = (body: HttpResponse['body']): body is readonly string[] => Array.isArray(body);

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
