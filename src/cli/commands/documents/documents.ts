import { Argument, Option } from 'commander';
import { type Config, readConfig } from '../../../config.ts';
import { DomainError } from '../../../errors.ts';
import type { OperationReport } from '../../../graphql/document-report.ts';
import type { Command } from '../../command.ts';
import { CommandError, exitProblems, exitSuccess, exitUsageError } from '../../exit.ts';
import { type DataOptions, withDataOptions } from '../../options.ts';
import type { Terminal } from '../../terminal.ts';
import { lineOf } from './report.ts';
import type { CountStatements } from './statements.ts';

interface Options extends DataOptions {
  readonly url?: string;
  readonly key?: string;
}

const examples = `
Each line has the file and line of a document, its name, and its cost beside the limits of a server with the same
settings: depth, fields, rows and scans with the defaults of its variables, and in parentheses at most. Queries that need
no variables are run on the data folder, if there is one, to count their SQL statements.

The exit code is 1 when the schema does not accept a document, or a limit refuses it.

Examples:
  asof documents check documents
  asof documents check persisted-documents.json --url https://asof.example.com`;

/** `asof documents check`: whether trusted documents fit the schema and the limits, before they are deployed. */
export const documentsCommand: Command = {
  declare: (program) =>
    withDataOptions(program.command('documents'))
      .summary('Check trusted documents.')
      .description(
        'Check trusted documents against the schema and the limits of this program, or the schema of a server.',
      )
      .addArgument(new Argument('<action>', 'what to do').choices(['check']))
      .argument('[path]', 'file or folder of documents (default: the setting documents)')
      .option('--url <url>', 'running server whose schema is used; costs are not reported then')
      .addOption(new Option('--key <key>', 'API key for --url').env('ASOF_KEY'))
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [, path] = invoked.args;
    const { data, url, key, json } = invoked.opts<Options>();
    const config = readConfig({ data, documents: path }, terminal.environment);
    if (config.documents === '')
      throw new CommandError(exitUsageError, 'there are no documents: name a file or folder, or set ASOF_DOCUMENTS');
    const reports = await reportsOf(config, url === undefined ? null : { url, key }, terminal);
    if (!reports) return exitProblems;
    const isWhole = reports.every(({ problems }) => problems.length === 0);
    const results: object[] = [];
    const { withStatements } = await import('./statements.ts');
    await withStatements(url === undefined ? config : null, async (countStatements: CountStatements) => {
      for (const report of reports) {
        const statements = report.runsWithDefaults ? await countStatements(report) : null;
        if (json) results.push({ ...report, statements });
        else await terminal.print(...lineOf(report, statements, config));
      }
    });
    if (json) await terminal.print(JSON.stringify(results));
    return isWhole ? exitSuccess : exitProblems;
  },
};

/** Null after it printed why the files cannot be read. */
const reportsOf = async (
  config: Config,
  server: { readonly url: string; readonly key: string | undefined } | null,
  terminal: Terminal,
): Promise<readonly OperationReport[] | null> => {
  const [{ readDocuments }, { reportOn }, { serverSchema }] = await Promise.all([
    import('../../../graphql/trusted-documents/read-documents.ts'),
    import('../../../graphql/document-report.ts'),
    import('../../../codegen/read-schema.ts'),
  ]);
  const schema = server ? await serverSchema(server.url, server.key) : undefined;
  try {
    return reportOn(readDocuments(config.documents).documents, config, schema);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    terminal.printError(`asof: ${error.message}`);
    return null;
  }
};
