import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBenchmarkData } from './fixtures.ts';
import type { Purchase } from './graphql-peers.ts';
import { configOf, load } from './load-data.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Contender, type Race, race, timesOurs } from './race.ts';
import { figure, type Report } from './report.ts';
import { cpuUsOf, type ServerProcess, startServer } from './server-process.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const pageSize = 1000;
const pagesPerRound = 40;
const ratioMin = 15;

interface Server extends ServerProcess {
  /** The document of a page; `number` makes documents that do not repeat. */
  readonly document: (number: number) => string;
}

const yogaName = 'Yoga with DataLoader';
const peers = [
  ['yoga', yogaName],
  ['apollo', 'Apollo Server with DataLoader'],
  ['mercurius', 'Mercurius with jit'],
  ['http', 'node:http, by hand'],
] as const;

const ownDocument = (fields: string, alias = ''): string =>
  `{ ${alias}transactions(first: ${pageSize}) { nodes { transactionId amount enrichment { ${fields} } } } }`;
const nestedFields = 'userStatus { status } ipCity { city } country';

const post = async (port: number, query: string): Promise<string> => {
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    // The peers do not compress.
    headers: { 'content-type': 'application/json', 'accept-encoding': 'identity' },
    body: JSON.stringify({ query }),
  });
  return answer.text();
};

interface OwnNode {
  readonly transactionId: string;
  readonly amount: string;
  readonly enrichment: {
    readonly userStatus: { readonly status: string };
    readonly ipCity: { readonly city: string };
    readonly country: string;
  };
}

const ownPurchases = (data: unknown): Purchase[] =>
  (data as { transactions: { nodes: OwnNode[] } }).transactions.nodes.map(({ transactionId, amount, enrichment }) => ({
    transactionId,
    amount,
    status: enrichment.userStatus,
    city: { city: enrichment.ipCity.city },
    country: { name: enrichment.country },
  }));

const peerPurchases = (data: unknown): unknown => (data as { purchases: unknown }).purchases;

const peerDocument = `{ purchases(first: ${pageSize}) { transactionId amount status { status } city { city } country { name } } }`;

/** Asks a server for a page again and again. `purchasesOf` reads its answer. */
const contenderOf = (server: Server, pages: number, purchasesOf: (data: unknown) => unknown): Contender => {
  let number = 1;
  return {
    name: server.name,
    async answers() {
      const text = await post(server.port, server.document(number++));
      // Caches and compiled code, before the first round.
      for (let page = 1; page < pages; page++) await post(server.port, server.document(number++));
      return purchasesOf((JSON.parse(text) as { data: unknown }).data);
    },
    async ask() {
      for (let page = 0; page < pages; page++) await post(server.port, server.document(number++));
    },
    cpuSeconds: () => cpuUsOf(server) / 1e6,
  };
};

/** What a page of purchases with three nested fields each costs, beside servers that answer it from maps in memory. */
export const benchmarkGraphqlPages = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder, smoke } = options;
  const [rounds, pages] = [roundsOf(options, 7), smoke ? 2 : pagesPerRound];
  mkdirSync(folder, { recursive: true });
  await load(createBenchmarkData(records), folder);
  const cli = file('../../src/cli.js');
  const args = [cli, 'serve', '--data', configOf(folder).data, '--port', '0', '--empty'];
  const started: ServerProcess[] = [];
  const start = async (name: string, processArgs: readonly string[], portOf: RegExp): Promise<ServerProcess> => {
    const server = await startServer(name, processArgs, portOf);
    started.push(server);
    return server;
  };
  try {
    const own = await start('asof', args, /listening on http:\/\/127\.0\.0\.1:(\d+)/);
    const document = ownDocument(nestedFields);
    const { data } = JSON.parse(await post(own.port, document)) as { data: unknown };
    const rows = join(folder, 'purchases.json');
    writeFileSync(rows, JSON.stringify(ownPurchases(data)));
    const contenders = [
      contenderOf({ ...own, document: () => document }, pages, ownPurchases),
      // An alias that is new each time: nothing that was planned or written before fits.
      contenderOf(
        {
          ...own,
          name: 'asof, documents that do not repeat',
          document: (number) => ownDocument(nestedFields, `alias${number}: `),
        },
        pages,
        (answer) => ownPurchases(withoutAlias(answer)),
      ),
    ];
    for (const [kind, name] of peers) {
      const server = await start(name, [file('./graphql-peers.js'), kind, rows], /^(\d+)\n/);
      contenders.push(contenderOf({ ...server, document: () => peerDocument }, pages, peerPurchases));
    }
    const question = `GRAPHQL: a page of ${pageSize} purchases with status, city and country`;
    return reportOf(await race({ question, unit: 'ms', questions: pages, rounds }, contenders), records);
  } finally {
    for (const { process } of started) process.kill('SIGKILL');
  }
};

/** The one field of the answer under the name that it has without an alias. */
const withoutAlias = (data: unknown): unknown => ({ transactions: Object.values(data as object)[0] });

const reportOf = (raced: Race, records: number): Report => {
  const ratio = timesOurs(raced, yogaName, 'cpu');
  return {
    name: 'graphql-pages',
    races: [raced],
    tables: [],
    targets: [
      {
        what: 'CPU of Yoga with DataLoader beside asof',
        expected: `at least ${ratioMin} x`,
        found: `${figure(ratio)} x`,
        reached: ratio >= ratioMin,
      },
    ],
    notes: [
      `processor time of the server's process, ${pagesPerRound} pages a round, medians of ${raced.rounds} rounds in turns`,
      `asof holds ${figure(records)} purchases, the peers the ${pageSize} of the page in maps`,
    ],
  };
};
