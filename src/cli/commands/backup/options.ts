import { InvalidArgumentError } from 'commander';
import { openTarget } from '../../../backup/open-target.ts';
import type { BackupTarget } from '../../../backup/target.ts';
import type { Config } from '../../../config.ts';
import { CommandError, exitFailure } from '../../exit.ts';
import type { Terminal } from '../../terminal.ts';

/** A whole number of at least `min`, for an option. */
export const wholeNumber =
  (min: number) =>
  (text: string): number => {
    if (/^\d{1,15}$/.test(text) && Number(text) >= min) return Number(text);
    throw new InvalidArgumentError(`It must be a whole number of at least ${min}.`);
  };

/** Runs work on a target of backups until it ends or the process is asked to stop. */
export const withTarget = async <R>(
  field: string,
  location: string,
  { config, terminal }: { readonly config: Config; readonly terminal: Terminal },
  work: (target: BackupTarget, signal: AbortSignal) => Promise<R>,
): Promise<R> => {
  const stopping = new AbortController();
  void terminal.untilStopped().then(() => stopping.abort(new CommandError(exitFailure, 'stopped')));
  const target = openTarget(field, location, config);
  try {
    return await work(target, stopping.signal);
  } finally {
    await target.close();
  }
};
