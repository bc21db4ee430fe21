import type { Command as Declared } from 'commander';
import { type Config, readConfig } from '../config.ts';
import type { Terminal } from './terminal.ts';

/** The options of every command that works on a data folder. */
export interface DataOptions {
  readonly data?: string;
  readonly json?: true;
}

export const withDataFolder = (command: Declared): Declared =>
  command.option('--data <dir>', 'data folder (default: ASOF_DATA, or "data")');

export const withDataOptions = (command: Declared): Declared =>
  withDataFolder(command).option('--json', 'print one JSON value instead of text');

/** The configuration of a one-off command: its options, then the environment. */
export const configOf = ({ data }: DataOptions, { environment }: Terminal): Config => readConfig({ data }, environment);
