import { z } from 'zod';
import { DomainError } from './errors.ts';
import { preview } from './lib/problems.ts';
import { alertSettings } from './settings/alerts.ts';
import { conversationSettings, experimentSettings } from './settings/analysis.ts';
import { backupSettings } from './settings/backups.ts';
import { clickhouseSettings } from './settings/clickhouse.ts';
import { datasetSettings } from './settings/datasets.ts';
import { documentSettings } from './settings/documents.ts';
import { importSettings } from './settings/imports.ts';
import { requestSettings } from './settings/requests.ts';
import { serverSettings, storeSettings } from './settings/server.ts';
import type { SettingDefinition, SettingDefinitions } from './settings/setting.ts';
import { sqlSettings } from './settings/sql.ts';
import { telemetrySettings } from './settings/telemetry.ts';
import { s3Settings, userFileSettings } from './settings/user-files.ts';

export interface Setting extends SettingDefinition {
  /** Its name in `Config`, in camel case. */
  readonly name: string;
  /** Its option of `asof serve`, with both dashes. */
  readonly option: string;
  /** Its environment variable. */
  readonly variable: string;
}

interface SettingGroup {
  readonly title: string;
  readonly settings: readonly Setting[];
}

const group = (title: string, definitions: SettingDefinitions): SettingGroup => ({
  title,
  settings: Object.entries(definitions).map(([name, definition]) => ({
    ...definition,
    name,
    option: `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    variable: definition.variable ?? `ASOF_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`,
  })),
});

/** Every setting, by topic. `docs/reference/settings.md` is generated from this list. */
export const settingGroups: readonly SettingGroup[] = [
  group('Server', serverSettings),
  group('Telemetry', telemetrySettings),
  group('Imports', importSettings),
  group('User files', userFileSettings),
  group('S3', s3Settings),
  group('Requests', requestSettings),
  group('Trusted documents', documentSettings),
  group('Store', storeSettings),
  group('ClickHouse', clickhouseSettings),
  group('Backups', backupSettings),
  group('Experiments', experimentSettings),
  group('Conversations', conversationSettings),
  group('Datasets', datasetSettings),
  group('SQL', sqlSettings),
  group('Alerts', alertSettings),
];

export const settings: readonly Setting[] = settingGroups.flatMap((each) => each.settings);

type Definitions = typeof serverSettings &
  typeof telemetrySettings &
  typeof importSettings &
  typeof userFileSettings &
  typeof s3Settings &
  typeof requestSettings &
  typeof documentSettings &
  typeof storeSettings &
  typeof clickhouseSettings &
  typeof backupSettings &
  typeof experimentSettings &
  typeof conversationSettings &
  typeof datasetSettings &
  typeof sqlSettings &
  typeof alertSettings;

export type Config = { readonly [Name in keyof Definitions]: z.output<Definitions[Name]['type']> };

const configSchema = z.object(Object.fromEntries(settings.map(({ name, type }) => [name, type])));

type Texts = Readonly<Record<string, string | undefined>>;

/**
 * Reads settings: `options` by setting name take precedence over the environment, which takes precedence over the
 * defaults. Throws BAD_REQUEST that names every setting with a malformed value.
 */
export const readConfig = (options: Texts = {}, environment: Texts = {}): Config => {
  const texts = Object.fromEntries(
    settings.map(({ name, variable, default: text }) => [name, options[name] ?? environment[variable] ?? text]),
  );
  const result = configSchema.safeParse(texts);
  // The list of settings makes the schema, so the compiler cannot derive the type from it.
  if (result.success) return result.data as unknown as Config;
  const problems = result.error.issues.map(({ path: [name], message }) => {
    const setting = settings.find((each) => each.name === name) as Setting;
    return { path: setting.name, code: 'MALFORMED' as const, message: problemOf(setting, message, texts) };
  });
  const [first, ...others] = problems.map(({ message }) => message);
  const summary = `${problems.length} settings are invalid:`;
  throw new DomainError('BAD_REQUEST', others.length === 0 ? `${first}` : [summary, first, ...others].join('\n  '), {
    problems,
  });
};

const problemOf = ({ name, option, variable, isSecret }: Setting, expected: string, texts: Texts): string => {
  const actual = isSecret ? '' : `, not ${preview(texts[name])}`;
  return `setting ${name} (${option}, ${variable}) must be ${expected}${actual}`;
};
