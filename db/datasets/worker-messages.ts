import { DomainError } from '../../src/errors.ts';
import type {
  BuildProgress,
  BuildRequest,
  DatasetLimits,
  RejectedRow,
  TableQueries,
  TableQueryName,
} from './engine.ts';

/** The tasks of worker processes: `build-worker.ts` builds versions, `query-worker.ts` answers queries. */
export interface WorkerTasks {
  build: BuildRequest;
  query: { [Q in TableQueryName]: { file: string; name: Q; request: TableQueries[Q]['request'] } }[TableQueryName];
}

/** The messages that a worker process receives. */
export type WorkerRequest =
  | { readonly limits: DatasetLimits }
  | { readonly id: number; readonly task: WorkerTasks[keyof WorkerTasks] }
  /** The parent has stored the rejected rows of the last message. */
  | { readonly ack: 'rejects' };

/** The messages that a worker process sends before its result. */
export type WorkerEvent = { readonly progress: BuildProgress } | { readonly rejects: readonly RejectedRow[] };

/** The messages that a worker process sends. */
export type WorkerMessage =
  | WorkerEvent
  | { readonly id: number; readonly result: unknown }
  | {
      readonly id: number;
      readonly error: Pick<DomainError, 'code' | 'message' | 'problems'>;
      /** Whether the error is a bug rather than a DomainError. */
      readonly isBug: boolean;
    };

export const send = (message: WorkerMessage): void => void process.send?.(message);

/** Runs the tasks that the parent process sends, and exits with it. */
export const serveTasks = <K extends keyof WorkerTasks>(
  run: (task: WorkerTasks[K], limits: DatasetLimits) => unknown,
  onAck: () => void = () => undefined,
): void => {
  let limits: DatasetLimits | undefined;
  const onRequest = async (request: WorkerRequest): Promise<void> => {
    if ('limits' in request) limits = request.limits;
    else if ('ack' in request) onAck();
    else {
      const { id, task } = request;
      try {
        if (!limits) throw new Error('a dataset worker received a task before its limits');
        send({ id, result: await run(task as WorkerTasks[K], limits) });
      } catch (error) {
        send(errorMessage(id, error));
      }
    }
  };
  process.on('message', (request: WorkerRequest) => void onRequest(request));
  process.on('disconnect', () => process.exit(0));
};

const errorMessage = (id: number, error: unknown): WorkerMessage => {
  if (error instanceof DomainError) {
    const { code, message, problems } = error;
    return { id, error: { code, message, problems }, isBug: false };
  }
  const message = error instanceof Error ? String(error.stack) : String(error);
  return { id, error: { code: 'INTERNAL', message, problems: [] }, isBug: true };
};
