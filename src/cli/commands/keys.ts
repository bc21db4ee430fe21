import { Argument, InvalidArgumentError, Option } from 'commander';
import type { ApiKey, ApiKeys } from '../../domains/api-keys.ts';
import { type Scope, scopes } from '../../lib/api-key.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { withData, withExistingData } from '../data-folder.ts';
import { CommandError, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends DataOptions {
  readonly scope?: readonly Scope[];
}

interface ActionOptions {
  readonly apiKeys: ApiKeys;
  readonly name: string;
  readonly options: Options;
  readonly terminal: Terminal;
}

const actions: Readonly<Record<string, (options: ActionOptions) => Promise<void>>> = {
  async add({ apiKeys, name, options: { json, scope = [] }, terminal }) {
    const key = await apiKeys.add(name, scope);
    await terminal.print(json ? JSON.stringify({ name, scopes: scope, key }) : key);
    terminal.printError(
      `asof: this is the only time that the key ${name} is shown; running servers on this data folder accept it now`,
    );
  },
  async list({ apiKeys, options: { json }, terminal }) {
    const keys = apiKeys.list();
    if (json) await terminal.print(JSON.stringify(keys.map(jsonOf)));
    else await terminal.print(...keys.map(lineOf));
  },
  async revoke({ apiKeys, name, options: { json }, terminal }) {
    const key = await apiKeys.revoke(name);
    await terminal.print(json ? JSON.stringify(jsonOf(key)) : lineOf(key));
  },
};

const lineOf = ({ name, scopes: keyScopes, createdAtUs, revokedAtUs }: ApiKey): string => {
  const revoked = revokedAtUs === null ? '' : `, revoked ${formatInstant(revokedAtUs)}`;
  return `${name}: ${keyScopes.join(', ')}, created ${formatInstant(createdAtUs)}${revoked}`;
};

const jsonOf = ({ name, scopes: keyScopes, createdAtUs, revokedAtUs }: ApiKey): object => ({
  name,
  scopes: keyScopes,
  createdAt: formatInstant(createdAtUs),
  revokedAt: revokedAtUs === null ? null : formatInstant(revokedAtUs),
});

const readScope = (text: string, before: readonly Scope[] = []): readonly Scope[] => {
  const found = scopes.find(({ scope }) => scope === text);
  if (!found) throw new InvalidArgumentError(`It must be one of ${scopes.map(({ scope }) => scope).join(', ')}.`);
  return [...before, found.scope];
};

const examples = `
Scopes:
${scopes.map(({ scope, meaning }) => `  ${scope.padEnd(7)} ${meaning}`).join('\n')}

Examples:
  asof keys add reports --scope read
  asof keys add shop --scope read --scope ingest
  asof keys revoke shop

A key is printed once; only its SHA-256 is stored. As soon as the first key exists every request needs a key, even after
the last key is revoked. Running servers apply changes within the setting followMs. list --json prints a list of
{"name", "scopes", "createdAt", "revokedAt"}. Keys of ASOF_API_KEYS are not listed.`;

/** `asof keys`: manages API keys, whether or not a server runs on the same data folder. */
export const keysCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('keys'))
      .summary('Add, list or revoke API keys.')
      .description('Add, list or revoke the API keys that requests need.')
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
      .argument('[name]', 'name of the key; stored with every record that is sent with it')
      .addOption(new Option('--scope <scope>', 'what the key permits; may be repeated').argParser(readScope))
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [action = '', name] = invoked.args;
    const options = invoked.opts<Options>();
    const refuseUnless = (holds: boolean, message: string): void => {
      if (!holds) throw new CommandError(exitUsageError, message);
    };
    refuseUnless(
      (name === undefined) === (action === 'list'),
      action === 'list' ? 'keys list takes no name' : `keys ${action} needs a name`,
    );
    refuseUnless(
      (options.scope === undefined) === (action !== 'add'),
      action === 'add' ? 'keys add needs at least one --scope' : '--scope applies to keys add only',
    );
    const work = action === 'add' ? withData : withExistingData;
    await work(configOf(options, terminal), async ({ domains: { apiKeys } }) => {
      await actions[action]?.({ apiKeys, name: name ?? '', options, terminal });
    });
    return exitSuccess;
  },
};
