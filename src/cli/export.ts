import { open, rename } from 'node:fs/promises';
import { Argument, Option } from 'commander';
import type { ConversationEvent } from '../domains/conversation-events.ts';
import { csvLine } from '../lib/csv-line.ts';
import { parseLetter } from '../lib/letter.ts';
import { shown } from '../lib/problems.ts';
import { formatInstant } from '../lib/time.ts';
import type { Command } from './command.ts';
import { withStoredData } from './data-folder.ts';
import { CommandError, done, wrongUsage } from './exit.ts';
import { configOf, type DataOptions, withDataFolder } from './options.ts';
import type { Terminal } from './terminal.ts';

interface ExportOptions extends DataOptions {
  readonly format: 'csv' | 'ndjson';
  readonly symbol?: string;
  readonly out?: string;
}

/** Where lines go. */
interface Sink {
  /** Resolves when there is room for more. */
  write(lines: readonly string[]): Promise<void>;
  /** False once nobody reads them any more. */
  readonly isRead: boolean;
}

/** `asof export conversations`: every raw event, in the order it was recorded. */
export const exportCommand: Command = {
  declare: (program) =>
    withDataFolder(program.command('export'))
      .summary('Write raw records to a file.')
      .description(
        'Write every start and follow-up of conversations, one a line, in the order they were recorded. A follow-up ' +
          'has neither symbol nor guess.',
      )
      .addArgument(new Argument('<what>', 'what to write').choices(['conversations']))
      .addOption(new Option('--format <format>', 'how to write it').choices(['csv', 'ndjson']).default('csv'))
      .option('--symbol <letter>', 'only conversations that began with this letter')
      .option('--out <file>', 'file to write (default: stdout)')
      .addHelpText('after', '\nExample:\n  asof export conversations --format ndjson --symbol e --out e.ndjson'),
  async run(invoked, terminal) {
    const options = invoked.opts<ExportOptions>();
    const symbol = symbolOf(options);
    const { head, lineOf } = formats[options.format];
    await withStoredData(configOf(options, terminal), async ({ domains: { conversations }, ledger }) => {
      // Only memory knows which follow-ups belong to a symbol.
      if (symbol !== undefined) await ledger.catchUp();
      const write = async (sink: Sink): Promise<void> => {
        await sink.write(head);
        for (const events of conversations.events(symbol)) {
          if (!sink.isRead) break;
          await sink.write(events.map(lineOf));
        }
      };
      if (options.out === undefined) await write(stdoutOf(terminal));
      else await toFile(options.out, write);
    });
    return done;
  },
};

const symbolOf = ({ symbol: text }: ExportOptions): string | undefined => {
  if (text === undefined) return undefined;
  const symbol = parseLetter(text);
  if (symbol === null) throw new CommandError(wrongUsage, `the symbol must be a letter a to z, not ${shown(text)}`);
  return symbol;
};

const names = ['seq', 'recorded_at', 'event', 'uuid', 'symbol', 'is_vowel_guess'] as const;

const cellsOf = ({ seq, recordedAtUs, event, uuid, symbol, isVowelGuess }: ConversationEvent) =>
  [seq, formatInstant(recordedAtUs), event, uuid, symbol, isVowelGuess] as const;

/** Lines without the line feed. In CSV a carriage return comes before it (RFC 4180). */
const formats = {
  csv: { head: [`${csvLine(names)}\r`], lineOf: (event: ConversationEvent) => `${csvLine(cellsOf(event))}\r` },
  ndjson: {
    head: [],
    lineOf: (event: ConversationEvent) => {
      const cells = cellsOf(event);
      return JSON.stringify(Object.fromEntries(names.map((name, place) => [name, cells[place]])));
    },
  },
};

const stdoutOf = (terminal: Terminal): Sink => ({
  write: (lines) => terminal.print(...lines),
  get isRead() {
    return terminal.isRead;
  },
});

/** A file that is there when it is whole: until then it has another name. */
const toFile = async (path: string, write: (sink: Sink) => Promise<void>): Promise<void> => {
  const file = await open(`${path}.part`, 'w');
  try {
    await write({
      async write(lines) {
        if (lines.length > 0) await file.writeFile(`${lines.join('\n')}\n`);
      },
      isRead: true,
    });
  } finally {
    await file.close();
  }
  await rename(`${path}.part`, path);
};
