import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchmarkOptions, roundsOf } from './options.ts';
import { figure, type Report, times } from './report.ts';
import { cpuUsOf, runLoad, type ServerProcess, startServer } from './server-process.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Server extends ServerProcess {
  /** Events it has, for the check at the end. */
  count(): Promise<number>;
}

interface Measured {
  readonly name: string;
  readonly perSecond: number;
  /** Processor time of the server process, microseconds an event. */
  readonly cpuUs: number;
}

const connections = 64;

const peer = async (name: string, kind: string, where = ''): Promise<Server> => {
  const started = await startServer(name, [file('./ingest-servers.js'), kind, where], /^(\d+)\n/);
  const count = async () => Number(await (await fetch(`http://127.0.0.1:${started.port}/`)).text());
  return { ...started, count };
};

const ours = async (folder: string): Promise<Server> => {
  const cli = file('../../src/cli.js');
  const args = [cli, 'serve', '--data', join(folder, 'ingest'), '--port', '0', '--empty'];
  const started = await startServer('asof', args, /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  const count = async () => {
    const answer = await fetch(`http://127.0.0.1:${started.port}/monitor`);
    const cells = (await answer.json()) as { nbr_events: number }[];
    return cells.reduce((sum, { nbr_events }) => sum + nbr_events, 0);
  };
  return { ...started, count };
};

const load = (server: Server, mode: 'single' | 'stream', events: number, prefix: string) => {
  const sockets = mode === 'single' ? connections : 2;
  const args = [String(server.port), mode, String(events), String(sockets), prefix];
  return runLoad<{ events: number; seconds: number }>([file('./ingest-load.js'), ...args]);
};

/** The best of some rounds: what else runs on the machine only ever adds. Throws when an event is missing or doubled. */
const measure = async (
  server: Server,
  mode: 'single' | 'stream',
  events: number,
  { rounds, warmUp }: { readonly rounds: number; readonly warmUp: number },
): Promise<Measured> => {
  const before = await server.count();
  await load(server, mode, warmUp, `warm-${mode}-`);
  let [perSecond, cpuUs] = [0, Number.POSITIVE_INFINITY];
  for (let round = 0; round < rounds; round++) {
    const cpuBefore = cpuUsOf(server);
    const { seconds } = await load(server, mode, events, `${mode}-${round}-`);
    perSecond = Math.max(perSecond, events / seconds);
    cpuUs = Math.min(cpuUs, (cpuUsOf(server) - cpuBefore) / events);
  }
  const counted = (await server.count()) - before;
  const sent = warmUp + rounds * events;
  if (counted !== sent) throw new Error(`${server.name} counts ${counted} events, ${sent} were acknowledged`);
  return { name: `${server.name}, ${mode === 'single' ? 'one a request' : 'NDJSON'}`, perSecond, cpuUs };
};

/** Debian's PostgreSQL in a folder of its own, as an unprivileged user; null where it is not installed. */
const startPostgres = (): { readonly url: string; stop(): void } | null => {
  const versions = existsSync('/usr/lib/postgresql') ? readdirSync('/usr/lib/postgresql') : [];
  const version = versions.at(-1);
  if (version === undefined || process.getuid?.() !== 0) return null;
  const bin = `/usr/lib/postgresql/${version}/bin`;
  const data = mkdtempSync(join(tmpdir(), 'asof-postgres-'));
  const as = (...command: string[]): void =>
    void execFileSync('runuser', ['-u', 'postgres', '--', ...command], { stdio: 'ignore', cwd: '/' });
  execFileSync('chown', ['postgres', data]);
  const port = 20_000 + (process.pid % 20_000);
  as(join(bin, 'initdb'), '-D', join(data, 'db'), '-A', 'trust');
  const settings = `-p ${port} -k ${data} -c listen_addresses=127.0.0.1`;
  as(join(bin, 'pg_ctl'), '-D', join(data, 'db'), '-o', settings, '-w', 'start');
  return {
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    stop() {
      as(join(bin, 'pg_ctl'), '-D', join(data, 'db'), '-m', 'immediate', 'stop');
      rmSync(data, { recursive: true, force: true });
    },
  };
};

/** What it costs to take events in durably, beside servers that store nothing, or one event a transaction. */
export const benchmarkIngest = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder, smoke } = options;
  const [rounds, warmUp] = [roundsOf(options, 3), smoke ? 100 : 3000];
  mkdirSync(folder, { recursive: true });
  const singles = smoke ? 200 : Math.max(5000, Math.round(records / 20));
  const found: Measured[] = [];
  const notes = [`${connections} connections that are kept, ${singles} events a round, the best of ${rounds} rounds`];
  const run = async (server: Server, events: number, mode: 'single' | 'stream' = 'single'): Promise<Measured> => {
    const measured = await measure(server, mode, events, { rounds, warmUp });
    found.push(measured);
    return measured;
  };
  const during = async <R>(server: Server, work: (server: Server) => Promise<R>): Promise<R> => {
    try {
      return await work(server);
    } finally {
      server.process.kill('SIGKILL');
    }
  };

  const noop = await during(await peer('stores nothing', 'noop'), (server) => run(server, singles));
  const insert = await during(await peer('an insert a request', 'insert', join(folder, 'peer.sqlite')), (server) =>
    run(server, Math.round(singles / 5)),
  );
  const postgres = startPostgres();
  if (postgres)
    try {
      await during(await peer('PostgreSQL', 'postgres', postgres.url), (server) =>
        run(server, Math.round(singles / 5)),
      );
      notes.push('of PostgreSQL the processor time is that of the Node process in front of it');
    } finally {
      postgres.stop();
    }
  else notes.push('PostgreSQL is not installed here, or this is not root: left out');
  const [single, stream] = await during(
    await ours(folder),
    async (server) => [await run(server, singles), await run(server, singles * 4, 'stream')] as const,
  );

  const target = (what: string, expected: string, value: number, base: number, reached: boolean) => ({
    what,
    expected,
    found: times(value, base),
    reached,
  });
  return {
    name: 'ingest',
    // Each server has counted the events that it acknowledged.
    comparisons: found.length,
    tables: [
      {
        title: 'EVENTS TAKEN IN',
        columns: ['server', 'events/s', 'CPU µs/event'],
        rows: found.map(({ name, perSecond, cpuUs }) => [name, figure(perSecond), figure(cpuUs)]),
      },
    ],
    targets: [
      target(
        'CPU of single events beside a server that stores nothing',
        'at most 1.5 x',
        single.cpuUs,
        noop.cpuUs,
        single.cpuUs <= 1.5 * noop.cpuUs,
      ),
      target(
        'single events a second beside an insert a request',
        'at least 4 x',
        single.perSecond,
        insert.perSecond,
        single.perSecond >= 4 * insert.perSecond,
      ),
      target(
        'NDJSON events a second beside an insert a request',
        'at least 60 x',
        stream.perSecond,
        insert.perSecond,
        stream.perSecond >= 60 * insert.perSecond,
      ),
    ],
    notes,
  };
};
