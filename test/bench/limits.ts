import { once } from 'node:events';
import { request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Keys, loadWithEvents } from './limits-data.ts';
import { type Caller, type HostileRequest, hostileDocuments } from './limits-documents.ts';
import { hostileRoutes } from './limits-routes.ts';
import { configOf } from './load-data.ts';
import { idleNote } from './measure.ts';
import type { BenchmarkOptions } from './options.ts';
import { watchMemory } from './process-memory.ts';
import { figure, type Report } from './report.ts';
import { runBeside, type ServerProcess, startServer } from './server-process.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = file('../../src/main.js');
const prober = file('./limits-prober.js');
const watch = new URL('./limits-watch.js', import.meta.url).href;

const p99MsMax = 50;
const heldMsMax = 25;
const answerMsMax = 60_000;
const usualProbedMs = 500;
const smokeStep = 8;

interface Answered {
  readonly status: number;
  /** The code of the first error, or `ok`. */
  readonly code: string;
  readonly seconds: number;
}

interface Probed {
  readonly count: number;
  readonly failed: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

interface Measured extends Answered {
  readonly name: string;
  readonly probed: Probed;
  /** How long the event loop was held at most, milliseconds of processor time. */
  readonly heldMs: number;
  /** The most memory of the server so far, bytes. */
  readonly memory: number | null;
}

const codeOf = (text: string): string => /"code":"(\w+)"/.exec(text.slice(0, 5000))?.[1] ?? 'ok';

const send = ({ port }: ServerProcess, hostile: HostileRequest, key: string | null): Promise<Answered> =>
  new Promise((resolve) => {
    const { method = 'POST', path = '/graphql', headers: further = {}, body } = hostile;
    const startMs = performance.now();
    const finish = (status: number, code: string): void =>
      resolve({ status, code, seconds: (performance.now() - startMs) / 1000 });
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === null ? {} : { 'x-api-key': key }),
      ...further,
    };
    const sent = request({ port, host: '127.0.0.1', path, method, headers }, (answer) => {
      let text = '';
      answer.on('data', (part: Buffer) => {
        if (text.length < 5000) text += part;
      });
      answer.on('error', (error: NodeJS.ErrnoException) => finish(0, error.code ?? error.message));
      answer.on('end', () => finish(answer.statusCode ?? 0, codeOf(text)));
    });
    sent.setTimeout(answerMsMax, () => sent.destroy(new Error('timeout')));
    // A server that refuses a body may close the connection before it has read it.
    sent.on('error', (error: NodeJS.ErrnoException) => finish(0, error.code ?? error.message));
    sent.end(body);
  });

/** How long the event loop of a server was held at most since the last question; infinite when it has died. */
const heldMsOf = async ({ process: child }: ServerProcess): Promise<number> => {
  if (!child.connected) return Number.POSITIVE_INFINITY;
  const died = new AbortController();
  const abort = (): void => died.abort();
  child.once('exit', abort);
  try {
    const answer = once(child, 'message', { signal: died.signal });
    child.send('held');
    const [heldMs] = (await answer) as [number];
    return heldMs;
  } catch {
    return Number.POSITIVE_INFINITY;
  } finally {
    child.off('exit', abort);
  }
};

const keyOf = (keys: Keys, caller: Caller): string | null => (caller === 'nobody' ? null : keys[caller]);

interface Measuring {
  readonly keys: Keys;
  /** How long the prober runs before and after a request. */
  readonly probedMs: number;
}

const measureOn = async (
  server: ServerProcess,
  hostile: HostileRequest,
  { keys, probedMs }: Measuring,
): Promise<Measured> => {
  const endWatch = watchMemory(server.process.pid as number);
  const { result: probed, done } = await runBeside<Probed, Answered>(
    [prober, String(server.port), keys.read],
    async () => {
      // The prober is at its pace by then, and goes on for a while: a client may be answered before the work ends.
      await delay(probedMs);
      await heldMsOf(server);
      const answered = await send(server, hostile, keyOf(keys, hostile.caller));
      await delay(probedMs);
      return answered;
    },
  );
  return { ...done, name: hostile.name, probed, heldMs: await heldMsOf(server), memory: endWatch() };
};

/** Starts a server with so much heap, sends it every request, and says whether it is still alive. */
const measureAll = async (
  folder: string,
  heapMegabytes: number,
  requests: readonly HostileRequest[],
  measuring: Measuring,
) => {
  const heap = `--max-old-space-size=${heapMegabytes}`;
  const args = [heap, '--import', watch, program, '--data', configOf(folder).data, '--port', '0'];
  const server = await startServer('asof', args, /listening on http:\/\/127\.0\.0\.1:(\d+)/);
  const rows: Measured[] = [];
  for (const hostile of requests) {
    if (server.process.exitCode !== null || server.process.signalCode !== null) break;
    rows.push(await measureOn(server, hostile, measuring));
  }
  const isAlive = server.process.exitCode === null && server.process.signalCode === null;
  if (isAlive) {
    server.process.kill();
    await once(server.process, 'exit');
  }
  return { rows, isAlive };
};

/** Requests that would cost much beside a prober, which sends a simple query every ten milliseconds. */
export const benchmarkLimits = async (options: BenchmarkOptions): Promise<Report> => {
  const { records, folder, only, smoke } = options;
  const measuring = { keys: await loadWithEvents(records, folder), probedMs: smoke ? 0 : usualProbedMs };
  const cases: readonly { readonly title: string; readonly heap: number; readonly caller: Caller }[] = [
    { title: 'without a key, heap of 400 MB', heap: 400, caller: 'nobody' },
    { title: 'with a key of scope read, heap of 1 GB', heap: 1000, caller: 'read' },
    { title: 'with a key of scope ingest, heap of 1 GB', heap: 1000, caller: 'ingest' },
  ];
  const all = [...hostileDocuments, ...hostileRoutes]
    .filter(({ name }) => name.includes(only))
    // Tests send all of them; here it must be seen only that the benchmark works.
    .filter((_hostile, index) => !smoke || index % smokeStep === 0);
  const measured = [];
  for (const { title, heap, caller } of cases) {
    const requests = all.filter((each) => each.caller === caller);
    if (requests.length > 0) measured.push({ title, ...(await measureAll(folder, heap, requests, measuring)) });
  }
  const dead = measured.filter(({ isAlive }) => !isAlive);
  if (smoke && dead.length > 0) throw new Error(`dead: ${dead.map(({ title }) => title).join(', ')}`);
  return {
    name: 'limits',
    tables: measured.map(({ title, rows }) => ({
      title: `LIMITS: ${records} records of each kind, ${title}`,
      columns: ['', 'answer', 'seconds', 'prober p50, ms', 'p99, ms', 'max, ms', 'held, ms', 'memory, MB'],
      rows: rows.map(({ name, status, code, seconds, probed, heldMs, memory }) => [
        name,
        `${status} ${code}`,
        seconds,
        probed.p50,
        probed.p99,
        probed.max,
        heldMs,
        memory === null ? null : memory / 1e6,
      ]),
    })),
    targets: measured.flatMap(({ title, rows, isAlive }) => [
      { what: `server ${title}`, expected: 'alive', found: isAlive ? 'alive' : 'dead', reached: isAlive },
      {
        what: `longest hold of the event loop, ${title}`,
        expected: `at most ${heldMsMax} ms of processor time`,
        found: `${figure(Math.max(...rows.map(({ heldMs }) => heldMs)))} ms`,
        reached: rows.every(({ heldMs }) => heldMs <= heldMsMax),
      },
      {
        what: `worst p99 of the prober, ${title}`,
        expected: `at most ${p99MsMax} ms`,
        found: `${figure(Math.max(...rows.map(({ probed }) => probed.p99)))} ms`,
        reached: rows.every(({ probed }) => probed.p99 <= p99MsMax && probed.failed === 0),
      },
    ]),
    notes: [await idleNote(options)],
  };
};
