import { Argument, InvalidArgumentError, Option } from 'commander';
import { type ApiKey, type ApiKeys, checkKeyName } from '../../domains/api-keys.ts';
import { DomainError } from '../../errors.ts';
import { type Scope, scopes } from '../../lib/api-key.ts';
import { untilServersFollow } from '../../lib/running-servers.ts';
import { formatInstant } from '../../lib/time.ts';
import type { Command } from '../command.ts';
import { withData, withExistingData } from '../data-folder.ts';
import { CommandError, exitFailure, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends DataOptions {
  readonly scope?: readonly Scope[];
  readonly yes?: true;
}

interface ActionOptions {
  readonly apiKeys: ApiKeys;
  readonly name: string;
  readonly options: Options;
  readonly terminal: Terminal;
  /** Resolves once the servers on the data folder have read the change. */
  untilFollowed(): Promise<void>;
}

/** How long a change of keys waits for servers: far longer than the setting followMs, within which they look. */
const followWaitMs = 5000;

const actions: Readonly<Record<string, (options: ActionOptions) => Promise<void>>> = {
  async add({ apiKeys, name, options: { json, scope = [] }, terminal, untilFollowed }) {
    const key = await apiKeys.add(name, scope);
    await untilFollowed();
    await terminal.print(json ? JSON.stringify({ name, scopes: scope, key }) : key);
    terminal.printError(`asof: this is the only time that the key ${name} is shown`);
  },
  async list({ apiKeys, options: { json }, terminal }) {
    const keys = apiKeys.list();
    if (json) await terminal.print(JSON.stringify(keys.map(jsonOf)));
    else await terminal.print(...keys.map(lineOf));
  },
  async revoke({ apiKeys, name, options: { json, yes = false }, terminal, untilFollowed }) {
    const key = await apiKeys.revoke(name, { evenIfLast: yes }).catch(async (error: unknown) => {
      if (!(error instanceof DomainError && error.code === 'CONFLICT')) throw error;
      if (!(await terminal.confirm(`asof: ${name} is the last key, or the last of scope admin. Revoke it? [y/N] `)))
        throw new CommandError(
          exitFailure,
          `${name} was not revoked, because it is the last key or the last of scope admin: --yes revokes it`,
        );
      return apiKeys.revoke(name, { evenIfLast: true });
    });
    await untilFollowed();
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
  asof keys revoke last-admin --yes

A key is printed once; only its SHA-256 is stored. As soon as the first key exists every request needs a key, even after
the last key is revoked: revoking that one has to be confirmed. Keys are added and revoked once all servers that run on the
data folder have followed. list --json prints a list of
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
      .option('--yes', 'revoke the key even if it is the last one')
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
    refuseUnless(options.yes === undefined || action === 'revoke', '--yes applies to keys revoke only');
    if (action === 'add') checkKeyName(name ?? '');
    const config = configOf(options, terminal);
    const untilFollowed = async (): Promise<void> => {
      const behind = await untilServersFollow(config.data, Date.now(), followWaitMs);
      if (behind > 0)
        terminal.printError(
          `asof: ${behind} server(s) on this data folder have not followed within ${followWaitMs / 1000} seconds`,
        );
    };
    const work = action === 'add' ? withData : withExistingData;
    await work(config, async ({ domains: { apiKeys } }) => {
      await actions[action]?.({ apiKeys, name: name ?? '', options, terminal, untilFollowed });
    });
    return exitSuccess;
  },
};
