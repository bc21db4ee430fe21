import { createInterface } from 'node:readline';
import { Argument, type Command as CommanderCommand, InvalidArgumentError, Option } from 'commander';
import type { Dataset, Datasets } from '../../../domains/datasets/datasets.ts';
import type { Domains } from '../../../domains.ts';
import { isTimeZone } from '../../../lib/periods.ts';
import { preview } from '../../../lib/problems.ts';
import type { Command } from '../../command.ts';
import { withExistingData } from '../../data-folder.ts';
import { CommandError, type ExitCode, exitProblems, exitSuccess, exitUsageError } from '../../exit.ts';
import { configOf, withDataOptions } from '../../options.ts';
import type { Terminal } from '../../terminal.ts';
import { exportRows, formatOf } from './export.ts';
import type { Options } from './options.ts';
import { query } from './query.ts';
import { list, show } from './show.ts';

interface ActionRequest {
  readonly domains: Domains;
  readonly name: string;
  readonly file: string | undefined;
  readonly options: Options;
  readonly terminal: Terminal;
}

interface Action {
  /** The options that it accepts besides those of the data folder. */
  readonly options: readonly (keyof Options)[];
  run(request: ActionRequest): Promise<ExitCode>;
}

const rowOptions = ['where', 'search', 'sort', 'columns', 'version'] as const;

const actions: Readonly<Record<string, Action>> = {
  list: {
    options: ['json'],
    async run({ domains: { datasets }, options, terminal }) {
      await list(datasets, options, terminal);
      return exitSuccess;
    },
  },
  show: {
    options: ['json', 'version'],
    async run({ domains: { datasets }, name, options, terminal }) {
      await show(datasets, datasets.getByName(name), options, terminal);
      return exitSuccess;
    },
  },
  query: {
    options: [...rowOptions, 'json', 'first', 'groupBy', 'measure', 'having', 'timeZone'],
    async run({ domains, name, options, terminal }) {
      await query(domains, domains.datasets.getByName(name), options, terminal);
      return exitSuccess;
    },
  },
  export: {
    options: [...rowOptions, 'format', 'safe'],
    async run({ domains, name, file, options, terminal }) {
      await exportRows(domains, domains.datasets.getByName(name), file ?? '-', { options, terminal });
      return exitSuccess;
    },
  },
  delete: {
    options: ['json', 'yes'],
    run: ({ domains: { datasets }, name, options, terminal }) =>
      remove(datasets, datasets.getByName(name), options, terminal),
  },
};

const remove = async (
  datasets: Datasets,
  dataset: Dataset,
  { yes, json }: Options,
  terminal: Terminal,
): Promise<ExitCode> => {
  const versions = datasets.versionsPage(dataset, { limit: 1, fromEnd: false }).totalCount();
  const what = `${JSON.stringify(dataset.name)} with ${versions} ${versions === 1 ? 'version' : 'versions'}`;
  if (!yes) {
    terminal.printError(`asof: delete the dataset ${what}? (y/n)`);
    const answer = await readLine(terminal);
    if (answer === null)
      throw new CommandError(exitUsageError, 'nothing was deleted; --yes deletes without a question');
    if (!/^y(?:es)?$/i.test(answer.trim())) {
      terminal.printError('asof: nothing was deleted');
      return exitProblems;
    }
  }
  await datasets.remove(dataset.id);
  await terminal.print(json ? JSON.stringify({ name: dataset.name, versionsRemoved: versions }) : `deleted ${what}`);
  return exitSuccess;
};

/** The first line of stdin; null at its end. */
const readLine = async ({ stdin }: Terminal): Promise<string | null> => {
  const lines = createInterface({ input: stdin });
  try {
    for await (const line of lines) return line;
    return null;
  } finally {
    lines.close();
  }
};

const flagOf = (name: string): string => `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** Throws CommandError naming what does not belong to the action. */
const checkUsage = (action: string, [name, file]: readonly string[], options: Options): void => {
  const refuseUnless = (holds: boolean, message: string): void => {
    if (!holds) throw new CommandError(exitUsageError, message);
  };
  const allowed: readonly string[] = ['data', ...(actions[action]?.options ?? [])];
  for (const option of Object.keys(options))
    refuseUnless(allowed.includes(option), `${flagOf(option)} does not apply to datasets ${action}`);
  refuseUnless(
    (name === undefined) === (action === 'list'),
    action === 'list' ? 'datasets list takes no name' : `datasets ${action} needs the name of a dataset`,
  );
  refuseUnless(file === undefined || action === 'export', 'a file applies to datasets export only');
  if (action === 'export') formatOf(file ?? '-', options);
  for (const name of ['where', 'having'] as const)
    for (const test of options[name] ?? [])
      refuseUnless(test.includes('='), `--${name} must be a column, an equals sign and a value, not ${preview(test)}`);
  const isGrouped = options.groupBy !== undefined || options.measure !== undefined;
  refuseUnless(
    isGrouped || (!options.having && !options.timeZone),
    '--having and --time-zone need --group-by or --measure',
  );
  refuseUnless(
    !isGrouped || !options.columns,
    '--columns does not apply to groups: they have the columns of --group-by and --measure',
  );
};

const collect = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

const wholeNumber = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It must be a whole number from 1.');
  return Number(text);
};

const readTimeZone = (text: string): string => {
  if (!isTimeZone(text)) throw new InvalidArgumentError('It must be a time zone like Europe/Berlin.');
  return text;
};

const examples = `
Examples:
  asof datasets list
  asof datasets show games
  asof datasets query games --where Price__gt=5 --where Windows=true --sort -Price --columns Name,Price
  asof datasets query games --group-by 'Release date:year' --measure count --measure total=sum:Price --sort -total
  asof datasets export games games.ndjson --where 'Tags=puzzle'
  asof datasets delete games --yes

--where is a column and a value: numbers, booleans and dates must be equal to it, text must contain it in any case. The
suffixes __eq __ne __gt __gte __lt __lte __in __contains __startswith __isnull __ismisfit select another test. A row must
pass all of them. Functions are count, count_distinct, sum, average, min, max, median, p95 and standard_deviation. A CSV
file is imported to the same rows again; cells that do not fit the type of their column have their original text.
--json prints for list [{"name", "version", "rows", "updatedAt", "columns"}], or {"name", "damage"} for a damaged one, for show one such object with "keyColumns"
and "versions", for query {"rows" or "groups", "total"}, for delete {"name", "versionsRemoved"}.`;

/** `asof datasets`: lists, queries, exports and deletes datasets, whether or not a server runs on the same data folder. */
export const datasetsCommand: Command = {
  declare: (program: CommanderCommand) =>
    withDataOptions(program.command('datasets'))
      .summary('List, query, export or delete datasets.')
      .description('List datasets, show their columns and versions, query their rows, export or delete them.')
      .addArgument(new Argument('<action>', 'what to do').choices(Object.keys(actions)))
      .argument('[name]', 'name of a dataset')
      .argument('[file]', 'for export: the file to write; - is stdout, the default')
      .addOption(new Option('--where <test>', 'only rows that pass this test; may be repeated').argParser(collect))
      .option('--search <text>', 'only rows with this text in any text column')
      .option('--sort <columns>', 'columns, separated by commas; - before one sorts in descending order')
      .option('--columns <columns>', 'columns to print or export, separated by commas')
      .addOption(new Option('--version <number>', 'a version (default: the current one)').argParser(wholeNumber))
      .addOption(
        new Option('--first <number>', 'how many rows or groups to print (default: 20)').argParser(wholeNumber),
      )
      .addOption(
        new Option(
          '--group-by <column>',
          'group by a column, its period (date:year) or bins (price:10); may be repeated',
        ).argParser(collect),
      )
      .addOption(
        new Option('--measure <measure>', 'a measure of each group, like sum:price; may be repeated').argParser(
          collect,
        ),
      )
      .addOption(
        new Option('--having <test>', 'only groups whose measure passes this test; may be repeated').argParser(collect),
      )
      .addOption(new Option('--time-zone <zone>', 'time zone of the periods (default: UTC)').argParser(readTimeZone))
      .addOption(
        new Option(
          '--format <format>',
          'format of an export (default: by the ending of the file, and csv on stdout)',
        ).choices(['csv', 'ndjson', 'parquet']),
      )
      .option('--safe', 'put an apostrophe before cells of a CSV that a spreadsheet would read as a formula')
      .option('--yes', 'delete without a question')
      .addHelpText('after', examples),
  async run(invoked, terminal) {
    const [action = '', name, file] = invoked.args;
    const options = invoked.opts<Options>();
    checkUsage(action, invoked.args.slice(1), options);
    const { run } = actions[action] as Action;
    return withExistingData(
      configOf(options, terminal),
      ({ domains }) => run({ domains, name: name ?? '', file, options, terminal }),
      { area: 'datasets' },
    );
  },
};
