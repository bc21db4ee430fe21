import { parentPort, workerData } from 'node:worker_threads';
import { recordEvent, recordRepeat } from './domains/experiments/event-record.ts';
import { createExperimentEventsImporter } from './domains/experiments/import.ts';
import { BodyReader } from './domains/imports/body-reader.ts';
import type { ReadingReply, ReadingRequest } from './domains/imports/reading-thread.ts';
import type { ReadingWorkerData } from './reading-thread.ts';

const importer = createExperimentEventsImporter({ record: recordEvent, repeat: recordRepeat });
const limits = workerData as ReadingWorkerData;

/** By the numbers of their bodies. */
const readers = new Map<number, BodyReader>();

const send = (reply: ReadingReply, memory: ArrayBuffer[] = []): void => parentPort?.postMessage(reply, memory);

parentPort?.on('message', (request: ReadingRequest) => {
  const { body } = request;
  let reader = readers.get(body);
  if (!reader) {
    // Of a body that has ended already.
    if (request.kind === 'CANCEL') return;
    reader = new BodyReader({ body, importer, limits, send });
    readers.set(body, reader);
    void reader.run().finally(() => readers.delete(body));
  }
  if (request.kind === 'CHUNK') reader.add(request.chunk);
  else if (request.kind === 'END') reader.end();
  else reader.cancel();
});
