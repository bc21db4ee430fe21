import { CommanderError } from 'commander';
import { DomainError } from '../errors.ts';

export const done = 0;
/** Something was rejected, in conflict or failed; the rest was done. */
export const problemsFound = 1;
export const wrongUsage = 2;
export const couldNotRun = 3;

export type ExitCode = typeof done | typeof problemsFound | typeof wrongUsage | typeof couldNotRun;

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
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? done : wrongUsage, message: null };
  if (error instanceof CommandError) return { exitCode: error.exitCode, message: error.message };
  if (error instanceof DomainError)
    return { exitCode: error.code === 'BAD_REQUEST' ? wrongUsage : couldNotRun, message: error.message };
  if (isSystemError(error)) return { exitCode: couldNotRun, message: error.message };
  return { exitCode: couldNotRun, message: error instanceof Error ? String(error.stack) : String(error) };
};
