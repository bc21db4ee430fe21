import { deepEqual } from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createBenchmarkData } from './fixtures.ts';
import type { Purchase } from './graphql-peers.ts';
import { configOf, load } from './load-data.ts';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, times } from './report.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const pageSize = 1000;
const pagesPerRound = 40;
const rounds = 7;
const ratioMin = 15;

interface Server {
  readonly name: string;
  readonly port: number;
  readonly process: ChildProcess;
  /** The document of a page; `number` makes documents that do not repeat. */
  readonly document: (number: number) => string;
}

const start = async (name: string, args: readonly string[], portOf: RegExp): Promise<Omit<Server, 'document'>> => {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  for (;;) {
    const [text] = (await once(child.stdout, 'data')) as [Buffer];
    printed += text;
    const port = portOf.exec(printed)?.[1];
    if (port) return { name, port: Number(port), process: child };
  }
};

const ownDocument = (fields: string): string =>
  `{ transactions(first: ${pageSize}) { nodes { transactionId amount enrichment { ${fields} } } } }`;
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

/** Processor time so far, microseconds; Linux counts in ticks of a hundredth of a second. */
const cpuUsOf = ({ process: { pid } }: Server): number => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
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

const ownPurchases = async ({ port, document }: Server): Promise<Purchase[]> => {
  const { data } = JSON.parse(await post(port, document(0))) as { data: { transactions: { nodes: OwnNode[] } } };
  return data.transactions.nodes.map(({ transactionId, amount, enrichment }) => ({
    transactionId,
    amount,
    status: enrichment.userStatus,
    city: { city: enrichment.ipCity.city },
    country: { name: enrichment.country },
  }));
};

const peerDocument = `{ purchases(first: ${pageSize}) { transactionId amount status { status } city { city } country { name } } }`;

/** Milliseconds of processor time of a page in the best of some rounds; servers take turns. */
const measure = async (servers: readonly Server[]): Promise<number[]> => {
  const best = servers.map(() => Number.POSITIVE_INFINITY);
  let number = 1;
  for (let round = 0; round <= rounds; round++)
    for (const [index, server] of servers.entries()) {
      const before = cpuUsOf(server);
      for (let page = 0; page < pagesPerRound; page++) await post(server.port, server.document(number++));
      // The first round warms up.
      if (round > 0) best[index] = Math.min(best[index] as number, (cpuUsOf(server) - before) / pagesPerRound / 1000);
    }
  return best;
};

/** What a page of purchases with three nested fields each costs, beside servers that answer it from maps in memory. */
export const benchmarkGraphqlPages = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  mkdirSync(folder, { recursive: true });
  await load(createBenchmarkData(records), folder);
  const cli = file('../../src/cli.js');
  const args = [cli, 'serve', '--data', configOf(folder).data, '--port', '0', '--empty'];
  const started: Server[] = [];
  const add = (server: Server): Server => {
    started.push(server);
    return server;
  };
  try {
    const own = await start('asof', args, /listening on http:\/\/127\.0\.0\.1:(\d+)/);
    const ours = add({ ...own, document: () => ownDocument(nestedFields) });
    const purchases = await ownPurchases(ours);
    const rows = join(folder, 'purchases.json');
    writeFileSync(rows, JSON.stringify(purchases));
    const peer = async (name: string, kind: string): Promise<Server> => {
      const process = await start(name, [file('./graphql-peers.js'), kind, rows], /^(\d+)\n/);
      return add({ ...process, document: () => peerDocument });
    };
    const yoga = await peer('Yoga with DataLoader', 'yoga');
    const others = [await peer('Mercurius with jit', 'mercurius'), await peer('node:http, by hand', 'http')];
    for (const { port } of [yoga, ...others])
      deepEqual(JSON.parse(await post(port, peerDocument)), { data: { purchases } }, 'the answers differ');
    // An alias that is new each time: nothing that was planned or written before fits.
    const unrepeated = {
      ...ours,
      name: 'asof, documents that do not repeat',
      document: (number: number) => ownDocument(`alias${number}: ${nestedFields}`),
    };
    const servers = [ours, unrepeated, yoga, ...others];
    const ms = await measure(servers);
    return reportOf(servers, ms, records);
  } finally {
    for (const { process } of started) process.kill('SIGKILL');
  }
};

const reportOf = (servers: readonly Server[], ms: readonly number[], records: number): Report => {
  const [ours = 0, , yoga = 0] = ms;
  return {
    name: 'graphql-pages',
    tables: [
      {
        title: `A PAGE OF ${pageSize} PURCHASES WITH STATUS, CITY AND COUNTRY`,
        columns: ['server', 'CPU ms/page', 'of Yoga'],
        rows: servers.map(({ name }, index) => [name, figure(ms[index] as number), times(ms[index] as number, yoga)]),
      },
    ],
    targets: [
      {
        what: 'CPU of Yoga with DataLoader beside asof',
        expected: `at least ${ratioMin} x`,
        found: times(yoga, ours),
        reached: yoga >= ratioMin * ours,
      },
    ],
    notes: [
      `processor time of the server's process, ${pagesPerRound} pages a round, the best of ${rounds} rounds in turns`,
      `asof holds ${figure(records)} purchases, the peers the ${pageSize} of the page in maps`,
    ],
  };
};
