import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The engine of ClickHouse in this process, which is not a dependency: 550 MB. `.ci/run` installs it. */
const engineFolder = join(fileURLToPath(new URL('../../node_modules/', import.meta.url)), 'chdb');
export const hasClickHouse = existsSync(engineFolder);

/** What the HTTP interface does with a request instead of answering it; undefined: it answers. */
export type Disturbance = (sql: string, response: ServerResponse) => boolean;

export interface ClickHouseServer {
  readonly url: string;
  /** Runs SQL past the HTTP interface; rows as they are in JSONCompactEachRow. */
  rows(sql: string): Promise<unknown[][]>;
  /** Called with each statement before it runs; true when it has handled the response. */
  disturb: Disturbance | undefined;
  /** Called with each statement after it ran and before its response is sent; true when it has handled the response. */
  disturbResponse: Disturbance | undefined;
  close(): Promise<void>;
}

interface Session {
  queryAsync(sql: string, options: { format: string }): Promise<{ text(): string }>;
  close(): void;
}

/**
 * A real ClickHouse engine (chdb) with the part of the HTTP interface that the official client uses. A process has one data
 * folder, so that tests of one process share it and have databases of their own.
 */
export const startClickHouse = async (): Promise<ClickHouseServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-clickhouse-'));
  const { Session } = (await import(join(engineFolder, 'index.mjs'))) as {
    Session: new (path: string) => Session;
  };
  const session = new Session(folder);
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  const running: ClickHouseServer = {
    url: '',
    rows: async (sql) => parseRows((await session.queryAsync(sql, { format: 'JSONCompactEachRow' })).text()),
    disturb: undefined,
    disturbResponse: undefined,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      session.close();
      await rm(folder, { recursive: true, force: true });
    },
  };

  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const sql = await statementOf(request);
    if (running.disturb?.(sql, response)) return;
    const [, format = 'TabSeparated'] = /\bFORMAT (\w+)\s*$/.exec(sql) ?? [];
    try {
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
  if (!/^\s*SELECT/i.test(sql) || settings.length === 0) return sql;
  return sql.replace(/(\s*FORMAT \w+\s*)?$/, (format) => ` SETTINGS ${settings.join(', ')}${format}`);
};

const parseRows = (text: string): unknown[][] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as unknown[]);
