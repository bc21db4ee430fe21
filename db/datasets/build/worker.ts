import { parentPort } from 'node:worker_threads';
import { DomainError, storageFaultOf } from '../../../src/errors.ts';
import type { BuildCallbacks } from './csv-input.ts';
import { type StagedRows, stageRows } from './stage.ts';
import { stageColumnFile } from './stage-column-file.ts';
import type { WorkerMessage, WorkerRequest, WorkerTask } from './worker-messages.ts';

/** The thread that reads CSV files, one at a time. */
const serve = (send: (message: WorkerMessage) => void, onRequest: (listener: (r: WorkerRequest) => void) => void) => {
  let onAck: (() => void) | undefined;
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
    else
      run(request, callbacks).then(
        (result) => send({ result }),
        (error: unknown) => send(errorMessage(error)),
      );
  });
};

const run = async (request: WorkerTask, callbacks: BuildCallbacks): Promise<StagedRows> =>
  'convert' in request ? stageColumnFile(request.convert) : stageRows(request.stage, request.limits, callbacks);

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
