/** Open streams of server-sent events: they never end by themselves, so a server that stops has to end them. */
export interface EventStreams {
  /** A response whose stream `end` can end; the same response when it is not a stream of events. */
  endable(response: Response): Response;
  /** Ends all open streams, and later ones immediately. Clients see a lost connection, so they reconnect. */
  end(): void;
}

export const createEventStreams = (): EventStreams => {
  const open = new Set<() => void>();
  let ended = false;

  const endableBody = (body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
    const reader = body.getReader();
    let end = (): void => undefined;
    return new ReadableStream<Uint8Array>(
      {
        start(controller) {
          end = () => {
            open.delete(end);
            controller.close();
            void reader.cancel();
          };
          if (ended) end();
          else open.add(end);
        },
        async pull(controller) {
          const { done, value } = await reader.read();
          if (!open.has(end)) return;
          if (done) end();
          else controller.enqueue(value);
        },
        cancel(reason) {
          open.delete(end);
          return reader.cancel(reason);
        },
      },
      // Nothing is read ahead for a slow client.
      { highWaterMark: 0 },
    );
  };

  return {
    endable(response) {
      const { status, body } = response;
      if (!body || !response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
      const headers = new Headers([...response.headers]);
      // A connection that stays open afterwards would delay the end of the server.
      headers.set('connection', 'close');
      return new Response(endableBody(body as ReadableStream<Uint8Array>), { status, headers });
    },
    end() {
      ended = true;
      for (const endOne of [...open]) endOne();
    },
  };
};
