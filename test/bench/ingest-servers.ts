import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import Database from 'better-sqlite3';

/**
 * Peers, in a process of their own: `node ingest-servers.js noop|insert|postgres <file or connection string>`. Each
 * answers a POST of one event; GET returns the number of its events. Prints its port.
 */
const [kind = '', where = ''] = process.argv.slice(2);

type Event = Readonly<Record<string, string | number | null>>;

interface Peer {
  /** Resolves when the event is stored, as durably as this peer stores events. */
  insert(event: Event): unknown;
  count(): number | Promise<number>;
}

const columns = ['event_id', 'user_id', 'account_type', 'date', 'event_type', 'order_value', 'version'];
const valuesOf = (event: Event) => columns.map((name) => event[name] ?? null);
const table = `create table events (seq integer primary key generated always as identity, ${columns.map((name) => `${name} text`).join(', ')}, unique (event_id))`;

/** Reads the body and stores nothing: the least that any server does. */
const noop = (): Peer => {
  let count = 0;
  return { insert: () => void count++, count: () => count };
};

/** What is written first: a synced insert a request. */
const insertPerRequest = (path: string): Peer => {
  const client = new Database(path);
  client.pragma('journal_mode = WAL');
  client.pragma('synchronous = FULL');
  client.exec(table.replace('generated always as identity', 'autoincrement'));
  const insert = client.prepare(
    `insert into events (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`,
  );
  return {
    insert: (event) => void insert.run(valuesOf(event)),
    count: () => client.prepare('select count(*) from events').pluck().get() as number,
  };
};

const poolSize = 16;

/** The same with PostgreSQL, whose server syncs commits of several connections at once. */
const postgres = async (connectionString: string): Promise<Peer> => {
  const { Pool } = await import('pg').then((module) => module.default);
  const pool = new Pool({ connectionString, max: poolSize });
  await pool.query(table);
  const text = `insert into events (${columns.join(', ')}) values (${columns.map((_, position) => `$${position + 1}`).join(', ')})`;
  return {
    insert: (event) => pool.query({ name: 'insert', text, values: valuesOf(event) }),
    async count() {
      const { rows } = await pool.query('select count(*)::int as n from events');
      return rows[0].n as number;
    },
  };
};

const peerOf = (): Peer | Promise<Peer> => {
  if (kind === 'noop') return noop();
  return kind === 'insert' ? insertPerRequest(where) : postgres(where);
};

const bodyOf = (incoming: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    incoming.setEncoding('utf8');
    incoming.on('data', (part: string) => {
      text += part;
    });
    incoming.on('end', () => resolve(text)).on('error', reject);
  });

const peer = await peerOf();
const server = createServer(async (incoming, outgoing) => {
  if (incoming.method === 'GET') return void outgoing.end(String(await peer.count()));
  await peer.insert(JSON.parse(await bodyOf(incoming)) as Event);
  const body = '{"status":"created"}';
  outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
