import { CommanderError } from 'commander';
import { DomainError, storageFaultOf } from '../errors.ts';

export const exitSuccess = 0;
/** Some records were rejected, in conflict or failed; the others were processed. */
export const exitProblems = 1;
export const exitUsageError = 2;
export const exitFailure = 3;
/** Nothing to judge. */
export const exitNoData = 4;
/** Too little to judge. */
export const exitNotEnoughData = 5;

/** 128 and the number of the signal, as shells have it. */
export const exitInterrupted = 130;
export const exitTerminated = 143;

export type ExitCode =
  | typeof exitSuccess
  | typeof exitProblems
  | typeof exitUsageError
  | typeof exitFailure
  | typeof exitNoData
  | typeof exitNotEnoughData
  | typeof exitInterrupted
  | typeof exitTerminated;

/** Ends a command with this exit code and a message on stderr. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Whether the operating system or SQLite raised the error: its message needs no stack trace. */
export const isSystemError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(E[A-Z0-9]+$|SQLITE_)/.test(error.code);

/** The exit code and message of a command that threw; the message is null when commander has printed it. */
export const exitFor = (error: unknown): { readonly exitCode: ExitCode; readonly message: string | null } => {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? exitSuccess : exitUsageError, message: null };
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof DomainError)
    return { exitCode: error.code === 'BAD_REQUEST' ? exitUsageError : exitFailure, message: error.message };
  const fault = storageFaultOf(error);
  if (fault) return { exitCode: exitFailure, message: `${fault.message}: ${(error as Error).message}` };
  if (isSystemError(error)) return { exitCode: exitFailure, message: error.message };
  return { exitCode: exitFailure, message: error instanceof Error ? String(error.stack) : String(error) };
};
