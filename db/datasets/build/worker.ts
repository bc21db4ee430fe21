import { parentPort } from 'node:worker_threads';
import { DomainError, storageFaultOf } from '../../../src/errors.ts';
import { PartThreads } from './part-threads.ts';
import { readPartAhead } from './read-part.ts';
import type { BuildCallbacks } from './read-report.ts';
import { stageRows } from './stage.ts';
import { stageColumnFile } from './stage-column-file.ts';
import type { WorkerMessage, WorkerRequest, WorkerTask } from './worker-messages.ts';

/** A thread that reads CSV files, one at a time, or parts of one. */
const serve = (send: (message: WorkerMessage) => void, onRequest: (listener: (r: WorkerRequest) => void) => void) => {
  let onAck: (() => void) | undefined;
  let threads: PartThreads | undefined;
  const callbacks: BuildCallbacks = {
    onProgress: (progress) => send({ progress }),
    onRejects: (rejects) =>
      new Promise((resolve) => {
        onAck = resolve;
        send({ rejects });
      }),
  };
  onRequest((request) => {
    if ('ack' in request) onAck?.();
    else run(request).then(send, (error: unknown) => send(errorMessage(error)));
  });
  const run = async (request: WorkerTask): Promise<WorkerMessage> => {
    if ('convert' in request) return { result: stageColumnFile(request.convert) };
    if ('part' in request) return { part: await readPartAhead(request.part, (partProgress) => send({ partProgress })) };
    const { stage, limits } = request;
    threads ??= new PartThreads(limits.datasetThreads - 1);
    return { result: await stageRows(stage, { limits, callbacks, threads }) };
  };
};

const errorMessage = (thrown: unknown): WorkerMessage => {
  const error = storageFaultOf(thrown) ?? thrown;
  if (error instanceof DomainError) {
    const { code, message, problems } = error;
    return { error: { code, message, problems }, isBug: false };
  }
  const message = error instanceof Error ? String(error.stack) : String(error);
  return { error: { code: 'INTERNAL', message, problems: [] }, isBug: true };
};

const port = parentPort;
if (port)
  serve(
    (message) => port.postMessage(message),
    (listener) => port.on('message', listener),
  );
