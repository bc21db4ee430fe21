import { type Command as CommanderCommand, InvalidArgumentError } from 'commander';
import type { KnownAsOf } from '../ledger/ledger.ts';
import { parseInstant } from '../lib/time.ts';
import { CommandError, exitUsageError } from './exit.ts';

/** Options that name an earlier snapshot; both together are refused. */
export interface SnapshotOptions {
  readonly sequence?: number;
  readonly knownAt?: number;
}

/** Reads a whole number of at least `least` from an option. */
export const readWhole =
  (least: number) =>
  (text: string): number => {
    const value = Number(text);
    if (!/^\d{1,15}$/.test(text) || value < least)
      throw new InvalidArgumentError(`it must be a whole number of at least ${least}.`);
    return value;
  };

/** Reads an instant, microseconds since 1970 UTC, from an option. */
export const readInstant = (text: string): number => {
  const atUs = parseInstant(text);
  if (atUs === null) throw new InvalidArgumentError('it must be like 2025-05-20 or 2025-05-20T12:00:00Z.');
  return atUs;
};

export const withSnapshotOptions = (command: CommanderCommand): CommanderCommand =>
  command
    .option('--sequence <number>', 'use only records up to this sequence number', readWhole(0))
    .option('--known-at <date>', 'use only what was recorded by then', readInstant);

/** The options with the names that the domains use. Throws CommandError for both: call it before the store is opened. */
export const knownAsOfOf = ({ sequence, knownAt: knownAtUs }: SnapshotOptions): KnownAsOf => {
  if (sequence !== undefined && knownAtUs !== undefined)
    throw new CommandError(exitUsageError, '--sequence and --known-at both name a snapshot: use one of them');
  return { sequence, knownAtUs };
};
