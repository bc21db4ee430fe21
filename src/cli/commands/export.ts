import { Argument, Option } from 'commander';
import type { ConversationEvent } from '../../domains/conversations/events.ts';
import { userColumns, userCsvLine, lineOf as userLineOf } from '../../domains/user-sync/output.ts';
import { namesSnapshot } from '../../ledger/as-of.ts';
import type { KnownAsOf } from '../../ledger/ledger.ts';
import { csvLine } from '../../lib/csv-line.ts';
import { parseLetter } from '../../lib/letter.ts';
import { preview } from '../../lib/problems.ts';
import { formatInstant } from '../../lib/time.ts';
import { Work } from '../../lib/work.ts';
import { knownAsOfOf, type SnapshotOptions, withSnapshotOptions } from '../as-of-options.ts';
import type { Command } from '../command.ts';
import { type CommandServices, withExistingData } from '../data-folder.ts';
import { CommandError, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataFolder } from '../options.ts';
import { replaceFile } from '../output-file.ts';
import type { Terminal } from '../terminal.ts';

type Format = 'csv' | 'ndjson';

interface ExportOptions extends DataOptions, SnapshotOptions {
  readonly format: Format;
  readonly symbol?: string;
  readonly out?: string;
}

/** The destination of lines. */
interface Sink {
  /** Resolves when the destination accepts more. */
  write(lines: readonly string[]): Promise<void>;
  /** False once the reader has closed the stream. */
  readonly isOpen: boolean;
}

/** Batches of lines without their line feed. Lines of CSV end with a carriage return (RFC 4180). */
type Lines = AsyncGenerator<readonly string[]>;

/** `asof export`: writes all events of conversations in the order they were recorded, or all users with a file. */
export const exportCommand: Command = {
  declare: (program) =>
    withSnapshotOptions(withDataFolder(program.command('export')))
      .summary('Write raw records to a file.')
      .description(
        'Write all starts and follow-ups of conversations in the order they were recorded, one per line; a follow-up ' +
          'has neither symbol nor guess. Or write all users with a file in the order of their ids; in CSV, an ' +
          'apostrophe precedes text that begins like a formula.',
      )
      .addArgument(new Argument('<what>', 'what to write').choices(['conversations', 'users']))
      .addOption(new Option('--format <format>', 'output format').choices(['csv', 'ndjson']).default('csv'))
      .option('--symbol <letter>', 'write only conversations that started with this letter')
      .option('--out <file>', 'output file (default: stdout)')
      .addHelpText(
        'after',
        '\nExamples:\n  asof export conversations --format ndjson --symbol e --out e.ndjson\n  asof export users --out users.csv',
      ),
  async run(invoked, terminal) {
    const [what] = invoked.args;
    const options = invoked.opts<ExportOptions>();
    const { symbol: symbolText, format } = options;
    if (what === 'users' && symbolText !== undefined)
      throw new CommandError(exitUsageError, '--symbol applies to conversations only');
    const symbol = symbolOf(options);
    const asOf = knownAsOfOf(options);
    await withExistingData(configOf(options, terminal), async (opened) => {
      const lines =
        what === 'users' ? userLines(opened, format, asOf) : conversationLines(opened, format, { symbol, asOf });
      const write = async (sink: Sink): Promise<void> => {
        for await (const part of lines) {
          if (!sink.isOpen) break;
          await sink.write(part);
        }
      };
      if (options.out === undefined) await write(stdoutOf(terminal));
      else await toFile(options.out, write);
    });
    return exitSuccess;
  },
};

const symbolOf = ({ symbol: text }: ExportOptions): string | undefined => {
  if (text === undefined) return undefined;
  const symbol = parseLetter(text);
  if (symbol === null)
    throw new CommandError(exitUsageError, `the symbol must be a letter a to z, not ${preview(text)}`);
  return symbol;
};

async function* conversationLines(
  { domains, ledger }: CommandServices,
  format: Format,
  { symbol, asOf }: { readonly symbol: string | undefined; readonly asOf: KnownAsOf },
): Lines {
  const isSnapshot = namesSnapshot(asOf);
  // Only the indices know which follow-ups belong to a symbol, and when each record was stored.
  if (symbol !== undefined || isSnapshot) await ledger.catchUp();
  const sequence = isSnapshot ? ledger.resolveSequence(asOf) : undefined;
  const { head, lineOf } = formats[format];
  yield head;
  for (const events of domains.conversations.events({ symbol, sequence })) yield events.map(lineOf);
}

const names = ['seq', 'recorded_at', 'event', 'uuid', 'symbol', 'is_vowel_guess'] as const;

const cellsOf = ({ seq, recordedAtUs, event, uuid, symbol, isVowelGuess }: ConversationEvent) =>
  [seq, formatInstant(recordedAtUs), event, uuid, symbol, isVowelGuess] as const;

const formats = {
  csv: { head: [`${csvLine(names)}\r`], lineOf: (event: ConversationEvent) => `${csvLine(cellsOf(event))}\r` },
  ndjson: {
    head: [],
    lineOf: (event: ConversationEvent) => {
      const cells = cellsOf(event);
      return JSON.stringify(Object.fromEntries(names.map((name, index) => [name, cells[index]])));
    },
  },
};

const linesPerPart = 1000;

async function* userLines({ domains, ledger }: CommandServices, format: Format, asOf: KnownAsOf): Lines {
  await ledger.catchUp();
  const { userDirectory, userSync } = domains;
  const prefix = userSync.prefix();
  const lines: string[] = format === 'csv' ? [`${csvLine(userColumns)}\r`] : [];
  for await (const user of userDirectory.usersWithFiles({}, asOf, new Work())) {
    const line = userLineOf(user, prefix);
    lines.push(format === 'csv' ? `${userCsvLine(line)}\r` : JSON.stringify(line));
    if (lines.length >= linesPerPart) yield lines.splice(0);
  }
  yield lines;
}

const stdoutOf = (terminal: Terminal): Sink => ({
  write: (lines) => terminal.print(...lines),
  get isOpen() {
    return terminal.isOutputOpen;
  },
});

const toFile = (path: string, write: (sink: Sink) => Promise<void>): Promise<void> =>
  replaceFile(path, (writePart) =>
    write({
      async write(lines) {
        if (lines.length > 0) await writePart(`${lines.join('\n')}\n`);
      },
      isOpen: true,
    }),
  );
