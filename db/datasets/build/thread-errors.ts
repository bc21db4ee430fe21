import { DomainError, errorCodes } from '../../../src/errors.ts';
import type { WorkerMessage } from './worker-messages.ts';

/** Of a thread that reads rows: a large young generation, because nearly all objects of a row die with it; the old one holds little. */
export const resourceLimits = { maxYoungGenerationSizeMb: 64, maxOldGenerationSizeMb: 1024 };

/** The error that a thread has sent. */
export const errorOf = ({ error, isBug }: Extract<WorkerMessage, { error: unknown }>): Error => {
  const { code, message, problems } = error;
  const isKnown = !isBug && errorCodes.some((each) => each.code === code);
  return isKnown ? new DomainError(code, message, { problems }) : new Error(message);
};

/** The error with which a thread has ended. */
export const threadError = (error: Error & { readonly code?: unknown }): Error =>
  error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? new DomainError('LIMIT_EXCEEDED', 'the file needs more memory than the thread that reads it has', {
        cause: error,
      })
    : error;
