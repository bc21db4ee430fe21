import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onEachShard, type Shard, startShards, testCluster } from './clickhouse-cluster.ts';

/** The engine of ClickHouse in this process, which is not a dependency: 550 MB. `.ci/run` installs it. */
const engineFolder = join(fileURLToPath(new URL('../../node_modules/', import.meta.url)), 'chdb');
export const hasClickHouse = existsSync(engineFolder);

/** What the HTTP interface does with a request instead of answering it; undefined: it answers. */
export type Disturbance = (sql: string, response: ServerResponse) => boolean;

export interface ClickHouseServer {
  readonly url: string;
  /** The name of the cluster; empty for one server. */
  readonly cluster: string;
  /** The second shard of the cluster. */
  readonly second: Shard | undefined;
  /** Runs SQL past the HTTP interface; rows as they are in JSONCompactEachRow. */
  rows(sql: string): Promise<unknown[][]>;
  /** Runs a statement on each shard. */
  everywhere(sql: string): Promise<void>;
  /** Called with each statement before it runs; true when it has handled the response. */
  disturb: Disturbance | undefined;
  /** Called with each statement after it ran and before its response is sent; true when it has handled the response. */
  disturbResponse: Disturbance | undefined;
  close(): Promise<void>;
}

/** Whether tests have a cluster of two shards: `ASOF_TEST_CLICKHOUSE_CLUSTER=1`. */
const isClusterDue = process.env.ASOF_TEST_CLICKHOUSE_CLUSTER === '1';

interface Session {
  queryAsync(sql: string, options: { format: string }): Promise<{ text(): string }>;
  close(): void;
}

/** The engine in this process. A process has one data folder, so that its tests share it and have databases of their own. */
const openSession = async (folder: string): Promise<Session> => {
  const { Session } = (await import(join(engineFolder, 'index.mjs'))) as { Session: new (path: string) => Session };
  return new Session(join(folder, 'data'));
};

/** The first shard as a session: in this process, an engine mixes answers up after one that another shard failed. */
const sessionOf = (shards: readonly [Shard, Shard]): Session => ({
  async queryAsync(sql, { format }) {
    const text = await shards[0].run(sql, format);
    return { text: () => text };
  },
  close: () => undefined,
});

/**
 * A real ClickHouse engine (chdb), or a cluster of two, with the part of the HTTP interface that the official client uses, where
 * tests can disturb it.
 */
export const startClickHouse = async (isCluster = isClusterDue): Promise<ClickHouseServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-clickhouse-'));
  const shards = isCluster ? await startShards(folder) : undefined;
  const second = shards?.[1];
  const session = shards ? sessionOf(shards) : await openSession(folder);
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const running: ClickHouseServer = {
    url: '',
    cluster: second ? testCluster : '',
    second,
    rows: async (sql) => parseRows((await session.queryAsync(sql, { format: 'JSONCompactEachRow' })).text()),
    async everywhere(sql) {
      await second?.run(sql);
      await session.queryAsync(sql, { format: 'Null' });
    },
    disturb: undefined,
    disturbResponse: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      session.close();
      await Promise.all((shards ?? []).map((shard) => shard.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sent = await statementOf(request);
    if (running.disturb?.(sent, response)) return;
    const { sql, isForEach } = onEachShard(sent);
    const [, format = 'TabSeparated'] = /\bFORMAT (\w+)\s*$/.exec(sql) ?? [];
    try {
      if (isForEach) await second?.run(sql);
      const text = (await session.queryAsync(sql.replace(/\bFORMAT \w+\s*$/, ''), { format })).text();
      if (running.disturbResponse?.(sql, response)) return;
      response.writeHead(200, { 'x-clickhouse-format': format, 'x-clickhouse-summary': '{}' });
      response.end(text);
    } catch (error) {
      const { message } = error as Error;
      const [, code = '0'] = /Code: (\d+)/.exec(message) ?? [];
      response.writeHead(500, { 'x-clickhouse-exception-code': code });
      response.end(message);
    }
  };

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(running, { url: `http://127.0.0.1:${port}` });
};

/** The statement of a request, with the settings of its URL: chdb takes them as a part of the statement. */
const statementOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const body = Buffer.concat(parts).toString();
  const parameters = new URL(request.url ?? '/', 'http://localhost').searchParams;
  const query = parameters.get('query');
  const isOwn = (name: string): boolean => ['query', 'query_id', 'database', 'session_id'].includes(name);
  const settings = [...parameters]
    .filter(([name]) => !isOwn(name) && !name.startsWith('param_') && !/compression|wait_end/.test(name))
    .map(([name, value]) => `${name} = '${value.replace(/[\\']/g, '\\$&')}'`);
  if (query !== null && /^\s*INSERT/i.test(query))
    return `${query.replace(/\bFORMAT (\w+)\s*$/, `SETTINGS ${settings.join(', ')} FORMAT $1`)}\n${body}`;
  const sql = query ?? body;
  // Those of a selection are those of the insertion of what it selects.
  if (!/^\s*(SELECT|INSERT)/i.test(sql) || settings.length === 0) return sql;
  return sql.replace(/(\s*FORMAT \w+\s*)?$/, (format) => ` SETTINGS ${settings.join(', ')}${format}`);
};

const parseRows = (text: string): unknown[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown[]);
