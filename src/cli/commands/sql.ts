import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { type Command as CommanderCommand, Option } from 'commander';
import type { SqlCell } from '../../../db/datasets/sql/engine.ts';
import type { Sql, SqlQuery } from '../../domains/sql/sql.ts';
import { type SqlFormat, sqlFormats } from '../../lib/sql-formats.ts';
import { parseParameters } from '../../lib/sql-parameters.ts';
import { Work } from '../../lib/work.ts';
import { knownAsOfOf, readInstant, readWhole, type SnapshotOptions, withSnapshotOptions } from '../as-of-options.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import { replaceFile } from '../output-file.ts';
import type { Terminal } from '../terminal.ts';
import { tableLines } from './datasets/table.ts';

interface SqlOptions extends DataOptions, SnapshotOptions {
  readonly format?: SqlFormat | 'table';
  readonly param?: readonly string[];
  readonly first?: number;
  readonly validAt?: number;
  readonly out?: string;
}

const firstDefault = 100;

const collect = (text: string, texts: readonly string[] = []): readonly string[] => [...texts, text];

/** `asof sql`: prints the result of one SELECT statement, or writes it to a file. */
export const sqlCommand: Command = {
  declare: (program) =>
    withOptions(withDataOptions(program.command('sql')))
      .summary('Run one SELECT statement over datasets and facts.')
      .description(
        'Run one SELECT statement in the dialect of DuckDB. Its tables are the datasets (games is the newest version, ' +
          '"games@2" another one) and the facts: transactions, experiment_events, users, status_changes, ' +
          'excluded_users, conversations, followups. With `-` the statement is read from stdin.',
      )
      .argument('<query>', 'the statement, or - for stdin')
      .addHelpText(
        'after',
        '\nExamples:\n  asof sql "select user_status, sum(amount) from transactions group by all"\n' +
          '  asof sql "select * from games where Price > $1" --param 9.99 --out games.parquet',
      ),
  async run(invoked, terminal) {
    const [argument = ''] = invoked.args;
    const options = invoked.opts<SqlOptions>();
    const format = formatOf(options);
    const text = argument === '-' ? await readAll(terminal) : argument;
    const { param = [], first, validAt: validAtUs } = options;
    const query = { text, parameters: parseParameters(param), first, asOf: { ...knownAsOfOf(options), validAtUs } };
    await withExistingData(configOf(options, terminal), async ({ domains: { sql }, ledger }) => {
      await ledger.catchUp();
      if (format === 'table') await printTable(sql, query, terminal);
      else await writeResult(sql, query, { format, out: options.out, terminal });
    });
    return exitSuccess;
  },
};

const withOptions = (command: CommanderCommand): CommanderCommand =>
  withSnapshotOptions(command)
    .addOption(new Option('--format <format>', 'output format (default: table)').choices(['table', ...sqlFormats]))
    .option(
      '--param <value>',
      'value of a parameter: a value for $1 or ?, or name=value for $name; repeatable',
      collect,
    )
    .option('--first <number>', `maximum number of rows (default: ${firstDefault} for tables)`, readWhole(1))
    .option('--valid-at <date>', 'the date whose status and attributes of users are used', readInstant)
    .option('--out <file>', 'output file (default: stdout)');

/** The format that the options choose, or the one that the name of the file shows. */
const formatOf = ({ format, json, out }: SqlOptions): SqlFormat | 'table' => {
  if (json && format !== undefined) throw new CommandError(exitUsageError, '--json and --format exclude each other');
  const byName = sqlFormats.find((each) => out?.toLowerCase().endsWith(`.${each}`));
  const chosen = json ? 'json' : (format ?? byName ?? 'table');
  if (chosen === 'table' && out !== undefined)
    throw new CommandError(
      exitUsageError,
      `--out needs --format ${sqlFormats.join(', ')}, or a file with such an ending`,
    );
  return chosen;
};

const readAll = async ({ stdin }: Terminal): Promise<string> => {
  const parts: Uint8Array[] = [];
  for await (const part of stdin) parts.push(part as Uint8Array);
  return Buffer.concat(parts).toString();
};

const cellText = (cell: SqlCell): string =>
  cell === null ? '' : typeof cell === 'object' ? JSON.stringify(cell) : String(cell);

const printTable = async (sql: Sql, query: SqlQuery, terminal: Terminal): Promise<void> => {
  const { columns, rows, isTruncated, warnings } = await sql.rows(
    { first: firstDefault, ...defined(query) },
    new Work(),
  );
  const names = columns.map(({ name }) => name);
  await terminal.print(
    ...tableLines(
      names,
      rows.map((row) => row.map(cellText)),
    ),
  );
  report(terminal, rows.length, isTruncated, warnings);
};

/** Without an option that is not there, so that it does not hide a default. */
const defined = ({ first, ...query }: SqlQuery): SqlQuery => (first === undefined ? query : { ...query, first });

interface Output {
  readonly format: SqlFormat;
  readonly out: string | undefined;
  readonly terminal: Terminal;
}

const writeResult = async (sql: Sql, query: SqlQuery, { format, out, terminal }: Output): Promise<void> => {
  const { path, rowCount, isTruncated, warnings } = await sql.file(query, format, new Work());
  try {
    const parts = createReadStream(path);
    if (out === undefined) {
      for await (const part of parts) await terminal.write(part as Uint8Array);
      if (format === 'json') await terminal.write('\n');
    } else
      await replaceFile(out, async (write) => {
        for await (const part of parts) await write(part as Uint8Array);
      });
  } finally {
    await rm(path, { force: true });
  }
  report(terminal, rowCount, isTruncated, warnings);
};

const report = (terminal: Terminal, rows: number, isTruncated: boolean, warnings: readonly string[]): void => {
  if (isTruncated) terminal.printError(`asof: there are more than these ${rows} rows; --first N returns more`);
  for (const warning of warnings) terminal.printError(`asof: ${warning}`);
};
