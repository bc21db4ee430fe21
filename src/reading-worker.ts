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
  if (request.kind === 'BEGIN') {
    const added = new BodyReader({ body, importer, limits, send });
    readers.set(body, added);
    void added.run().finally(() => readers.delete(body));
    return;
  }
  // Chunks of a body that has failed may still be on their way: nothing of them is read.
  const reader = readers.get(body);
  if (request.kind === 'CHUNK') reader?.add(request.chunk);
  else if (request.kind === 'END') reader?.end();
  else reader?.cancel();
});
