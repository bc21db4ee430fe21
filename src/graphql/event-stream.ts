import type { FormattedExecutionResult } from 'graphql';
import { resultText } from './execution/text-result.ts';
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
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const ping = (): void => controller.enqueue(encoder.encode(':\n\n'));
      // Some browsers hide a response until its first bytes.
      ping();
      timer = setInterval(() => {
        if ((controller.desiredSize ?? 0) > 0) ping();
      }, pingMs);
    },
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (!done) return controller.enqueue(encoder.encode(eventOf(value)));
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

const eventOf = ({ result, id }: StreamedResult): string =>
  `event: next\n${id === null ? '' : `id: ${id}\n`}data: ${resultText(result)}\n\n`;

/** A stream of one result. */
export async function* singleResult(result: FormattedExecutionResult): AsyncGenerator<StreamedResult> {
  yield { result, id: null };
}
