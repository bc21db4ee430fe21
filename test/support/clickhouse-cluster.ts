import { type ChildProcess, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The name of the cluster of tests. */
export const testCluster = 'shards';

/** A server of the cluster, a process of its own. */
export interface Shard {
  /** Runs SQL on it. */
  run(sql: string, format?: string): Promise<string>;
  /** Starts it again with the data that it has. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const library = fileURLToPath(new URL('../../node_modules/@chdb/lib-linux-x64-gnu/libchdb.so', import.meta.url));
const program = fileURLToPath(new URL('clickhouse-shard.py', import.meta.url));

/**
 * Starts a cluster of two shards: real servers, which read and write each other's rows by their own protocol. What they lack is
 * what `clickhouse local` lacks: replication, and statements ON CLUSTER, which `onEachShard` runs instead.
 */
export const startShards = async (folder: string): Promise<readonly [Shard, Shard]> => {
  const ports = await freePorts(5);
  const shards = [shardOf(folder, ports, 1), shardOf(folder, ports, 2)] as const;
  await startPassage(ports[4] as number, ports[1] as number);
  await Promise.all(shards.map((shard) => shard.start()));
  return shards;
};

/**
 * Passes connections on, and ends those that are reset: a server of `clickhouse local` has no handler for that, and aborts. The
 * first shard resets a connection when it needs no more of an answer.
 */
const startPassage = async (from: number, to: number): Promise<void> => {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const shard = connect({ port: to, host: '127.0.0.1', allowHalfOpen: true });
    client.pipe(shard);
    shard.pipe(client);
    client.on('error', () => shard.end());
    shard.on('error', () => client.destroy());
    client.on('close', () => shard.end());
    shard.on('close', () => client.destroy());
  });
  server.listen(from, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
};

const shardOf = (folder: string, ports: readonly number[], number: 1 | 2): Shard => {
  const tcpPorts = ports.slice(0, 2);
  const [tcpPort, httpPort] = [ports[number - 1], ports[number + 1]].map(String) as [string, string];
  const [config, data] = [join(folder, `shard-${number}.xml`), join(folder, `shard-${number}`)];
  // The second shard is reached by a passage.
  const passagePort = ports[4] as number;
  let child: ChildProcess | undefined;
  const run = async (sql: string, format = 'TabSeparated'): Promise<string> => {
    const response = await fetch(`http://127.0.0.1:${httpPort}/?default_format=${format}`, {
      method: 'POST',
      body: sql,
    });
    const text = await response.text();
    if (!response.ok) throw new Error(text);
    return text;
  };
  return {
    run,
    async start() {
      await mkdir(data, { recursive: true });
      await writeFile(config, configOf([tcpPorts[0] as number, number === 1 ? passagePort : Number(tcpPort)], number));
      child = spawn('python3', [program, library, data, config, tcpPort, httpPort], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      // By the protocol that the other shard uses, too.
      await waitUntilRunning(child, () => run(`SELECT 1 FROM remote('127.0.0.1:${tcpPort}', system.one)`));
    },
    async stop() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
};

const configOf = (tcpPorts: readonly number[], number: number): string => {
  const servers = tcpPorts.map(
    (port) =>
      `<shard><internal_replication>true</internal_replication><replica><host>127.0.0.1</host><port>${port}</port></replica></shard>`,
  );
  return `<clickhouse>
    <logger><level>none</level></logger>
    <zookeeper><implementation>testkeeper</implementation></zookeeper>
    <macros><shard>${number}</shard><replica>1</replica></macros>
    <remote_servers><${testCluster}>${servers.join('')}</${testCluster}></remote_servers>
  </clickhouse>`;
};

/**
 * A statement as the servers of tests can run it, and whether it is for each shard: without replication, and without the keeper
 * that hands it to them.
 */
export const onEachShard = (sql: string): { readonly sql: string; readonly isForEach: boolean } => {
  const [onCluster] = /^(?:CREATE|DROP|TRUNCATE) [^(]*?( ON CLUSTER `\w+`)/.exec(sql)?.slice(1) ?? [];
  if (onCluster === undefined) return { sql, isForEach: false };
  const local = sql
    .replace(onCluster, '')
    .replace(/ENGINE = Replicated(\w*MergeTree)/, 'ENGINE = $1')
    .replace(
      /replicated_deduplication_window = (\d+), replicated_deduplication_window_seconds = \d+/,
      'non_replicated_deduplication_window = $1',
    );
  return { sql: local, isForEach: true };
};

const waitUntilRunning = async (child: ChildProcess, ask: () => Promise<unknown>): Promise<void> => {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`a shard ended with ${child.exitCode}`);
    try {
      await ask();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

/** Ports that no connection of another program has, whose system takes them from 32768 on. */
const freePorts = async (count: number): Promise<number[]> => {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(12_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    ports.add(port);
  }
  return [...ports];
};
