import { createInterface } from 'node:readline';
import type { IpCity } from '../../domains/ip-city/ip-city.ts';
import type { KnownAsOf } from '../../ledger/ledger.ts';
import { type IpAddress, parseIp } from '../../lib/ip.ts';
import { preview } from '../../lib/problems.ts';
import { knownAsOfOf, type SnapshotOptions, withSnapshotOptions } from '../as-of-options.ts';
import type { Command } from '../command.ts';
import { withExistingData } from '../data-folder.ts';
import { CommandError, type ExitCode, exitProblems, exitSuccess, exitUsageError } from '../exit.ts';
import { configOf, type DataOptions, withDataOptions } from '../options.ts';
import type { Terminal } from '../terminal.ts';

interface AddressRequest {
  /** The original text. */
  readonly text: string;
  readonly ip: IpAddress;
}

type Write = (results: readonly { readonly ip: string; readonly city: string }[]) => Promise<void>;

/** Lines of stdin that are processed together. */
const batchLines = 1000;

/** `asof city`: prints `IP<TAB>city` per line, or only the city when the argument is one address. */
export const cityCommand: Command = {
  declare: (program) =>
    withSnapshotOptions(withDataOptions(program.command('city')))
      .summary('Print the city of each address.')
      .description(
        'Print the city of each address, or "unknown". One address as argument gives the city alone, several give ' +
          'lines of address, tab, city; without any, addresses are read from stdin, one a line.',
      )
      .argument('[ip...]', 'IPv4 or IPv6 addresses')
      .addHelpText('after', '\nExamples:\n  asof city 10.20.4.17\n  cut -f3 access.tsv | asof city'),
  async run(invoked, terminal) {
    const options = invoked.opts<DataOptions & SnapshotOptions>();
    const requests = invoked.args.map((text): AddressRequest => {
      const ip = parseIp(text);
      if (ip === null) throw new CommandError(exitUsageError, `${preview(text)} is not an IPv4 or IPv6 address`);
      return { text, ip };
    });
    const knownAsOf = knownAsOfOf(options);
    return withExistingData(configOf(options, terminal), async ({ domains: { ipCity }, ledger }) => {
      await ledger.catchUp();
      const { write, end } = options.json ? asJson(terminal) : asLines(terminal, requests.length === 1);
      const lookUp: LookUp = (addresses) => resultsOf(ipCity, addresses, knownAsOf);
      const exitCode = requests.length > 0 ? exitSuccess : await lookUpStdin(lookUp, terminal, write);
      await write(await lookUp(requests));
      await end();
      return exitCode;
    });
  },
};

type LookUp = (requests: readonly AddressRequest[]) => Promise<{ ip: string; city: string }[]>;

const resultsOf = (ipCity: IpCity, requests: readonly AddressRequest[], knownAsOf: KnownAsOf): ReturnType<LookUp> =>
  Promise.all(requests.map(async ({ text, ip }) => ({ ip: text, city: (await ipCity.cityAsOf(ip, knownAsOf)).city })));

const asLines = (terminal: Terminal, isAlone: boolean): { write: Write; end(): Promise<void> } => ({
  write: (results) => terminal.print(...results.map(({ ip, city }) => (isAlone ? city : `${ip}\t${city}`))),
  end: async () => undefined,
});

const asJson = (terminal: Terminal): { write: Write; end(): Promise<void> } => {
  const all: unknown[] = [];
  return {
    write: async (results) => void all.push(...results),
    end: () => terminal.print(JSON.stringify(all)),
  };
};

/** Prints the city of each line; reports malformed addresses on stderr and continues with the others. */
const lookUpStdin = async (lookUp: LookUp, terminal: Terminal, write: Write): Promise<ExitCode> => {
  let exitCode: ExitCode = exitSuccess;
  let pending: AddressRequest[] = [];
  let line = 0;
  for await (const raw of createInterface({ input: terminal.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
    line++;
    const text = raw.trim();
    if (text === '') continue;
    const ip = parseIp(text);
    if (ip === null) {
      terminal.printError(`asof: line ${line}: ${preview(text)} is not an IPv4 or IPv6 address`);
      exitCode = exitProblems;
      continue;
    }
    pending.push({ text, ip });
    if (pending.length < batchLines) continue;
    await write(await lookUp(pending));
    pending = [];
    if (!terminal.isOutputOpen) break;
  }
  await write(await lookUp(pending));
  return exitCode;
};
