import type { FormattedExecutionResult } from 'graphql';
import { yieldToEventLoop } from '../lib/yielding.ts';
import { resultPieces } from './execution/text-result.ts';
import type { StreamedResult } from './subscriptions.ts';

const headers = {
  'content-type': 'text/event-stream',
  'cache-control': 'no-cache, no-transform',
  connection: 'keep-alive',
  // Proxies such as nginx otherwise hold events back until a buffer is full.
  'x-accel-buffering': 'no',
};

/**
 * Results as server-sent events, in the distinct connections mode of GraphQL over SSE: `next` for each, then `complete`.
 * Comments in between, every `pingMs`, keep the connection alive. Nothing is computed ahead for a client that does not read.
 */
export const eventStreamOf = (results: AsyncIterable<StreamedResult>, pingMs: number): Response => {
  const encoder = new TextEncoder();
  const iterator = results[Symbol.asyncIterator]();
  let timer: NodeJS.Timeout | undefined;
  /** The rest of an event that is being sent. */
  let pieces: string[] = [];
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const ping = (): void => controller.enqueue(encoder.encode(':\n\n'));
      // Some browsers hide a response until its first bytes.
      ping();
      timer = setInterval(() => {
        if (pieces.length === 0 && (controller.desiredSize ?? 0) > 0) ping();
      }, pingMs);
    },
    async pull(controller) {
      if (pieces.length > 0) await yieldToEventLoop();
      else {
        const { done, value } = await iterator.next();
        if (!done) pieces = eventOf(value);
      }
      const piece = pieces.shift();
      if (piece !== undefined) return controller.enqueue(encoder.encode(piece));
      clearInterval(timer);
      controller.enqueue(encoder.encode('event: complete\ndata:\n\n'));
      controller.close();
    },
    async cancel() {
      clearInterval(timer);
      await iterator.return?.();
    },
  });
  return new Response(body, { headers });
};

/** An event in pieces, of which most have one. */
const eventOf = ({ result, id }: StreamedResult): string[] => {
  const head = `event: next\n${id === null ? '' : `id: ${id}\n`}data: `;
  const pieces = resultPieces(result);
  return pieces.length === 1 ? [`${head}${pieces[0]}\n\n`] : [head, ...pieces, '\n\n'];
};

/** A stream of one result. */
export async function* singleResult(result: FormattedExecutionResult): AsyncGenerator<StreamedResult> {
  yield { result, id: null };
}
