import { once } from 'node:events';
import { Writable } from 'node:stream';
import { readConfig, type Setting, settings } from '../../config.ts';
import { createClock } from '../../lib/clock.ts';
import { noObserver } from '../../lib/telemetry.ts';
import { programVersion } from '../../version.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { CommandError, exitSuccess, exitUsageError } from '../exit.ts';
import { createLog } from '../log.ts';
import { type DataOptions, settingOption, withDataFolder } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface McpOptions extends DataOptions {
  readonly documents?: string;
}

/** `asof mcp`: the trusted documents as tools of the Model Context Protocol, over stdin and stdout. */
export const mcpCommand: Command = {
  declare(program) {
    const documents = settings.find(({ name }) => name === 'documents') as Setting;
    return withDataFolder(program.command('mcp'))
      .summary('Serve trusted documents as tools to an assistant (MCP over stdio).')
      .description(
        'Serve each trusted document as a tool of the Model Context Protocol, over stdin and stdout, until stdin ends. A server has the same tools at /mcp.',
      )
      .addOption(settingOption(documents, `${documents.option} <path>`))
      .addHelpText('after', '\nExample:\n  asof mcp --data data --documents documents');
  },
  async run(invoked, terminal) {
    const { data, documents } = invoked.opts<McpOptions>();
    const config = readConfig({ data, documents }, terminal.environment);
    if (config.documents === '')
      throw new CommandError(exitUsageError, 'there are no documents: name them with --documents (ASOF_DOCUMENTS)');
    await withExistingData(config, (opened) => serveTools(opened, { config, terminal }));
    return exitSuccess;
  },
};

interface Served {
  readonly config: ReturnType<typeof readConfig>;
  readonly terminal: Terminal;
}

const serveTools = async ({ domains, ledger }: CommandServices, { config, terminal }: Served): Promise<void> => {
  // Imported lazily: loading GraphQL and the protocol takes longer than most other commands run.
  const [{ createGraphql }, { TrustedDocuments }, { createMcpServer }, { createTools }, { StdioServerTransport }] =
    await Promise.all([
      import('../../graphql/server.ts'),
      import('../../graphql/trusted-documents/trusted-documents.ts'),
      import('../../mcp/mcp-server.ts'),
      import('../../mcp/tools.ts'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
    ]);
  const log = await createLog(config, terminal);
  const documents = new TrustedDocuments(config, log, null);
  const nowUs = createClock(config.now);
  const server = {
    version: programVersion(),
    startedAtUs: nowUs(),
    rebuildUs: null,
    builtAtUs: null,
    isStopping: false,
    projections: () => [],
    interrupted: new AbortController().signal,
  };
  const { operations } = createGraphql(
    { ...domains, config, ledger, server, nowUs, observer: noObserver, trustedDocuments: () => documents.describe() },
    documents,
    log,
  );
  const program = { tools: createTools(documents), operations, apiKeys: domains.apiKeys, version: server.version };
  await ledger.catchUp();
  let requests = 0;
  const mcp = createMcpServer(program, {
    // Whoever can open the data folder may do everything with it, as in other commands.
    caller: { name: null, scopes: ['admin'], ended: new AbortController().signal },
    origin: 'http://127.0.0.1',
    requestId: () => `mcp-${++requests}`,
    hasExactNumbers: false,
    // Servers and commands on the same data folder may have recorded something.
    beforeCall: ledger.catchUp,
  });
  documents.start();
  const ended = once(terminal.stdin, 'end');
  await mcp.connect(new StdioServerTransport(terminal.stdin, stdoutOf(terminal)));
  const endListening = documents.onChange(() => mcp.sendToolListChanged());
  await Promise.race([ended, terminal.untilStopped()]);
  endListening();
  documents.stop();
  await mcp.close();
};

const stdoutOf = (terminal: Terminal): Writable =>
  new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      terminal.write(chunk).then(() => done(), done);
    },
  });
