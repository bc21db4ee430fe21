import { type Command as CommanderCommand, Option } from 'commander';
import { type Config, readConfig, type Setting, settings } from '../config.ts';
import type { Terminal } from './terminal.ts';

/** Options of every command that works on a data folder. */
export interface DataOptions {
  readonly data?: string;
  readonly json?: true;
}

/** An option that overrides a setting; without it commander reads the environment variable. */
export const settingOption = ({ variable, default: text, description }: Setting, flags: string): Option => {
  const option = new Option(flags, description).env(variable);
  return text === '' ? option : option.default(text);
};

export const withDataFolder = (command: CommanderCommand): CommanderCommand => {
  const setting = settings.find(({ name }) => name === 'data') as Setting;
  return command.addOption(settingOption({ ...setting, description: 'data folder' }, `${setting.option} <dir>`));
};

export const withDataOptions = (command: CommanderCommand): CommanderCommand =>
  withDataFolder(command).option('--json', 'print one JSON value instead of text');

/** The configuration of a one-off command: its options take precedence over the environment. */
export const configOf = ({ data }: DataOptions, { environment }: Terminal): Config => readConfig({ data }, environment);
