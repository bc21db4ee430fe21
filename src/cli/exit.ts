import { CommanderError } from 'commander';
import { DomainError } from '../errors.ts';

export const exitSuccess = 0;
/** Something was rejected, in conflict or failed; the rest was done. */
export const exitProblems = 1;
export const exitUsageError = 2;
export const exitFailure = 3;

export type ExitCode = typeof exitSuccess | typeof exitProblems | typeof exitUsageError | typeof exitFailure;

/** Ends a command with a message for people. */
export class CommandError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Errors of the operating system and of SQLite carry a code; their message says enough. */
export const isSystemError = (error: unknown): error is Error & { readonly code: string } =>
  error instanceof Error &&
  'code' in error &&
  typeof error.code === 'string' &&
  /^(E[A-Z0-9]+$|SQLITE_)/.test(error.code);

/** How a command that threw ends, and what there is to say; null when it has been said. */
export const exitFor = (error: unknown): { readonly exitCode: ExitCode; readonly message: string | null } => {
  if (error instanceof CommanderError)
    return { exitCode: error.exitCode === 0 ? exitSuccess : exitUsageError, message: null };
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof DomainError)
    return { exitCode: error.code === 'BAD_REQUEST' ? exitUsageError : exitFailure, message: error.message };
  if (isSystemError(error)) return { exitCode: exitFailure, message: error.message };
  return { exitCode: exitFailure, message: error instanceof Error ? String(error.stack) : String(error) };
};
