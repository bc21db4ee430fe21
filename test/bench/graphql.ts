import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { BenchmarkOptions } from './options.ts';
import { figure, type Report, type Target, times } from './report.ts';
import { cpuUsOf, runLoad, type ServerProcess, startServer } from './server-process.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** How the lookups differ: by their variables, not at all, or each by the literals in its document. */
type Mode = 'variables' | 'text' | 'literals' | 'unrepeated';

interface Measured {
  readonly name: string;
  readonly perSecond: number;
  /** Processor time of the server process, microseconds a request. */
  readonly cpuUs: number;
}

const connections = 16;
const rounds = 5;

const contenders: readonly { readonly kind: string; readonly name: string; readonly modes: readonly Mode[] }[] = [
  { kind: 'node', name: 'node:http, by hand', modes: ['variables'] },
  { kind: 'asof', name: 'asof', modes: ['variables', 'literals', 'unrepeated'] },
  { kind: 'mercurius', name: 'Mercurius with jit', modes: ['text'] },
  { kind: 'yoga', name: 'Yoga', modes: ['variables', 'literals', 'unrepeated'] },
];

const modeNames: Readonly<Record<Mode, string>> = {
  variables: 'variables',
  text: 'variables',
  literals: 'one document without variables',
  unrepeated: 'a new document each',
};

/** The best of some rounds: what else runs on the machine only ever adds. */
const measure = async (server: ServerProcess, mode: Mode, requests: number): Promise<Measured> => {
  let [perSecond, cpuUs] = [0, Number.POSITIVE_INFINITY];
  for (let round = 0; round <= rounds; round++) {
    const before = cpuUsOf(server);
    const args = [String(server.port), mode, String(requests), String(connections), String(round)];
    const { seconds } = await runLoad<{ seconds: number }>([file('./graphql-load.js'), ...args]);
    // The first round warms up.
    if (round === 0) continue;
    perSecond = Math.max(perSecond, requests / seconds);
    cpuUs = Math.min(cpuUs, (cpuUsOf(server) - before) / requests);
  }
  return { name: `${server.name}, ${modeNames[mode]}`, perSecond, cpuUs };
};

const atMost = (what: string, factor: number, value: number, base: number): Target => ({
  what,
  expected: `at most ${factor} x`,
  found: times(value, base),
  reached: value <= factor * base,
});

/** What a lookup by GraphQL costs beside a handler by hand, Mercurius and Yoga. */
export const benchmarkGraphql = async ({ records, folder }: BenchmarkOptions): Promise<Report> => {
  mkdirSync(folder, { recursive: true });
  const requests = Math.max(5000, Math.round(records / 50));
  const found = new Map<string, Measured>();
  for (const { kind, name, modes } of contenders) {
    const server = await startServer(name, [file('./graphql-servers.js'), kind, folder], /^(\d+)\n/);
    try {
      for (const mode of modes) found.set(`${kind} ${mode}`, await measure(server, mode, requests));
    } finally {
      server.process.kill('SIGKILL');
    }
  }
  const cpuUs = (key: string): number => found.get(key)?.cpuUs ?? Number.NaN;
  const ours = cpuUs('asof variables');
  const yoga = cpuUs('yoga variables');
  return {
    name: 'graphql',
    tables: [
      {
        title: 'A LOOKUP BY GRAPHQL',
        columns: ['server', 'requests/s', 'CPU µs/request'],
        rows: [...found.values()].map(({ name, perSecond, cpuUs: us }) => [name, figure(perSecond), figure(us)]),
      },
    ],
    targets: [
      atMost('CPU of a lookup beside a handler by hand', 1.8, ours, cpuUs('node variables')),
      {
        what: 'CPU of a lookup in Yoga beside asof',
        expected: 'at least 5 x',
        found: times(yoga, ours),
        reached: yoga >= 5 * ours,
      },
      atMost('CPU of unrepeated documents beside one document', 3, cpuUs('asof unrepeated'), cpuUs('asof literals')),
    ],
    notes: [
      `JSON by POST, ${connections} connections that are kept, ${requests} requests a round, the best of ${rounds} rounds`,
      'asof checks host, origin, key, access and limits; the handler by hand and Yoga check nothing',
    ],
  };
};
