import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { experimentEvents } from '../../db/tables/index.ts';
import { eventText } from '../faults/requests.ts';
import { openApp, origin } from '../support/app.ts';

/** A body of which `send` sends the next lines. */
const slowBody = () => {
  let controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  const body = new ReadableStream<Uint8Array>({
    start(its) {
      controller = its;
    },
  });
  const send = (ids: readonly string[]): void =>
    void controller?.enqueue(Buffer.from(ids.map((id) => `${eventText(id)}\n`).join('')));
  return { body, send, end: () => controller?.close() };
};

it('an import over /events that goes on while the server closes is no error of the server', async () => {
  const logged: string[] = [];
  const sink = new Writable({
    write(line, _encoding, done) {
      logged.push(String(line));
      done();
    },
  });
  const log = pino({ level: 'warn' }, sink);
  const { app, close } = await openApp({ onDisk: true, log, settings: { batchRecords: '100' } });
  const { body, send, end } = slowBody();
  const headers = { 'content-type': 'application/x-ndjson' };
  const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
  // Read at once, because nothing is stored while nobody reads what became of it.
  const read = async (answer: Promise<Response>) => (await answer).text().catch((error: unknown) => String(error));
  const answer = read(app.fetch(new Request(`${origin}/events`, init)));
  send(Array.from({ length: 1000 }, (_, index) => `e${index}`));
  await expect.poll(() => app.store.count(experimentEvents)).toBeGreaterThan(0);
  await close();
  send(['late']);
  end();
  expect(await answer).toContain('NOT_READY');
  expect(logged).toEqual([]);
});
