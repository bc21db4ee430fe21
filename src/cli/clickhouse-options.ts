import type { Command as CommanderCommand } from 'commander';
import { type Config, readConfig, settings } from '../config.ts';
import { CommandError, exitUsageError } from './exit.ts';
import { type DataOptions, settingOption } from './options.ts';
import type { Terminal } from './terminal.ts';

const names = [
  ...(['clickhouse', 'clickhouseUser', 'clickhousePassword', 'clickhouseDatabase', 'clickhouseCluster'] as const),
];

export type ClickHouseOptions = DataOptions & { readonly [Name in (typeof names)[number]]?: string };

/** Where ClickHouse is. */
export const withClickHouseOptions = (command: CommanderCommand): CommanderCommand => {
  for (const setting of settings)
    if (names.some((name) => name === setting.name))
      command.addOption(settingOption(setting, `${setting.option} <value>`));
  return command;
};

/** Throws CommandError without the address of ClickHouse. */
export const clickHouseConfigOf = (options: ClickHouseOptions, { environment }: Terminal): Config => {
  const values = Object.fromEntries([...names, 'data' as const].map((name) => [name, options[name]]));
  const config = readConfig(values, environment);
  if (config.clickhouse === '')
    throw new CommandError(exitUsageError, 'where is ClickHouse? Use --clickhouse URL, or ASOF_CLICKHOUSE_URL');
  return config;
};
