import type { GraphqlResult } from './app.ts';

/** A subscription as a client sees it: GraphQL over SSE, distinct connections mode. */
export interface Followed<Data> {
  readonly response: Response;
  /** Comments that only keep the connection alive, so far. */
  readonly pings: number;
  /** True once the server has said that nothing more will come; false when the connection was lost. */
  readonly isComplete: boolean;
  /** The next result; undefined at the end of the stream, whatever ended it. */
  next(): Promise<GraphqlResult<Data> | undefined>;
  /** Resolves after so many more comments; results that come meanwhile are results. */
  pinged(times: number): Promise<void>;
  /** Closes the connection, as a client does that goes away. */
  leave(): void;
}

/** Subscribes over a socket. Reads only when `next` or `pinged` is called. */
export const follow = async <Data = Record<string, unknown>>(
  url: string,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Followed<Data>> => {
  const leaving = new AbortController();
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ query, variables }),
    signal: leaving.signal,
  });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const results: GraphqlResult<Data>[] = [];
  let text = '';
  let pings = 0;
  let isComplete = false;
  let isOver = false;

  const handleBlock = (block: string): void => {
    const fields = block.split('\n');
    if (fields.every((field) => field.startsWith(':'))) pings++;
    if (fields.includes('event: complete')) isComplete = true;
    const data = fields.find((field) => field.startsWith('data: '));
    if (fields.includes('event: next') && data) results.push(JSON.parse(data.slice('data: '.length)));
  };

  /** Reads on; a connection that breaks ends the stream like one that is closed. */
  const read = async (): Promise<void> => {
    const chunk = await reader?.read().catch(() => undefined);
    if (!chunk || chunk.done) {
      isOver = true;
      return;
    }
    text += chunk.value;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) handleBlock(block);
  };

  return {
    response,
    get pings() {
      return pings;
    },
    get isComplete() {
      return isComplete;
    },
    async next() {
      while (results.length === 0 && !isOver) await read();
      return results.shift();
    },
    async pinged(times) {
      const target = pings + times;
      while (pings < target && !isOver) await read();
    },
    leave: () => leaving.abort(),
  };
};
