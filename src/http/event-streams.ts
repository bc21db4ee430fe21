/** Streams of events that are being answered: they never end by themselves, so a server that stops has to end them. */
export interface EventStreams {
  /** A response that its client asked to be a stream of events, or the same response when it is none. */
  take(response: Response): Response;
  /** Ends all that are open, and those that come later at once. Clients take it for a lost connection and come back. */
  end(): void;
}

export const createEventStreams = (): EventStreams => {
  const open = new Set<() => void>();
  let ended = false;

  const endable = (body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
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
      // Nothing is read ahead for a client that is slow.
      { highWaterMark: 0 },
    );
  };

  return {
    take(response) {
      const { status, body } = response;
      if (!body || !response.headers.get('content-type')?.startsWith('text/event-stream')) return response;
      const headers = new Headers([...response.headers]);
      // Its connection is of no use afterwards, and one that is kept would hold up the end of the server.
      headers.set('connection', 'close');
      return new Response(endable(body as ReadableStream<Uint8Array>), { status, headers });
    },
    end() {
      ended = true;
      for (const endOne of [...open]) endOne();
    },
  };
};
