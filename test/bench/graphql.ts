import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type LookupMode, lookupBody } from './graphql-lookups.ts';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { type Contender, type Race, raceTogether, type Spent, timesOurs } from './race.ts';
import { figure, type Report, type Target } from './report.ts';
import { cpuUsOf, runLoad, type ServerProcess, startServer } from './server-process.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const connections = 16;
/** Lookups whose answers are compared. */
const compared = 50;
/** Apart from the rounds, whose documents must be new. */
const [answersSeed, warmUpSeed] = [100, 200];

const names = {
  asof: 'asof',
  node: 'node:http, by hand',
  mercurius: 'Mercurius with jit',
  yoga: 'Yoga',
  apollo: 'Apollo Server',
} as const;
type Kind = keyof typeof names;

/** The lookups of each group, and how each server is sent them. */
const groups: readonly { readonly question: string; readonly modes: Readonly<Partial<Record<Kind, LookupMode>>> }[] = [
  {
    question: 'GRAPHQL: a lookup by variables',
    modes: { asof: 'variables', node: 'variables', mercurius: 'text', apollo: 'text', yoga: 'variables' },
  },
  {
    question: 'GRAPHQL: a lookup, one document without variables',
    modes: { asof: 'literals', yoga: 'literals' },
  },
  {
    question: 'GRAPHQL: a lookup, a new document each',
    modes: { asof: 'unrepeated', yoga: 'unrepeated' },
  },
];

const statusOf = async ({ port }: ServerProcess, body: string): Promise<string> => {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, { method: 'POST', headers, body });
  const { data } = (await answer.json()) as { data?: { userStatus: { status: string } } };
  if (!data) throw new Error(`${port} answers ${answer.status}`);
  // Peers that have no enum answer with the text of the ledger.
  return data.userStatus.status.toLowerCase().replace('_', '-');
};

const contenderOf = (server: ServerProcess, mode: LookupMode, requests: number): Contender => {
  const load = (seed: number): Promise<Spent> =>
    runLoad<Spent>([
      file('./graphql-load.js'),
      ...[String(server.port), mode, String(requests), String(connections), String(seed)],
    ]);
  return {
    name: server.name,
    async answers() {
      const statuses: string[] = [];
      for (let index = 0; index < compared; index++)
        statuses.push(await statusOf(server, lookupBody(mode, index, answersSeed)));
      // Code and caches, before the first round.
      await load(warmUpSeed);
      return statuses;
    },
    ask: load,
    cpuSeconds: () => cpuUsOf(server) / 1e6,
  };
};

const target = (what: string, bound: 'at most' | 'at least', factor: number, found: number): Target => ({
  what,
  expected: `${bound} ${factor} x`,
  found: `${figure(found)} x`,
  reached: bound === 'at most' ? found <= factor : found >= factor,
});

const targetsOf = ([byVariables, literals, unrepeated]: readonly Race[]): Target[] => {
  if (!byVariables || !literals || !unrepeated) throw new Error('a group of lookups is missing');
  const own = (raced: Race): number => raced.entries[0]?.cpu.median ?? Number.NaN;
  return [
    target('CPU of a lookup beside a handler by hand', 'at most', 1.8, 1 / timesOurs(byVariables, names.node, 'cpu')),
    target('CPU of a lookup in Yoga beside asof', 'at least', 5, timesOurs(byVariables, names.yoga, 'cpu')),
    target('CPU of unrepeated documents beside one document', 'at most', 3, own(unrepeated) / own(literals)),
  ];
};

/** What a lookup by GraphQL costs beside a handler by hand, Mercurius, Apollo Server and Yoga. */
export const benchmarkGraphql = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder, smoke } = options;
  mkdirSync(folder, { recursive: true });
  const requests = smoke ? 100 : Math.max(5000, Math.round(records / 50));
  const servers = new Map<Kind, ServerProcess>();
  try {
    for (const kind of Object.keys(names) as Kind[])
      servers.set(kind, await startServer(names[kind], [file('./graphql-servers.js'), kind, folder], /^(\d+)\n/));
    const races = await raceTogether(
      { unit: 'µs', questions: requests, rounds: roundsOf(options, 5) },
      groups.map(({ question, modes }) => ({
        question,
        contenders: (Object.entries(modes) as [Kind, LookupMode][]).map(([kind, mode]) =>
          contenderOf(servers.get(kind) as ServerProcess, mode, requests),
        ),
      })),
    );
    return {
      name: 'graphql',
      races,
      tables: [],
      targets: targetsOf(races),
      notes: [
        `JSON by POST, ${connections} connections that are kept, ${requests} requests a round, medians of rounds in turns; CPU of the server's process`,
        'asof checks host, origin, key, access and limits; the peers check nothing',
      ],
    };
  } finally {
    for (const { process } of servers.values()) process.kill('SIGKILL');
  }
};
