import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { schema } from '../../schema/schema.ts';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { type Context, createContextFactory } from '../../src/context.ts';
import { openServer } from '../../src/http/server.ts';
import { parseInstant } from '../../src/lib/time.ts';

/**
 * Servers that answer the same lookup from the same data, each in a process of its own:
 * `node graphql-servers.js node|asof|yoga|apollo|mercurius <folder>`. Prints its port.
 */
const [kind = '', folder = ''] = process.argv.slice(2);

const users = 1000;

/** An app in memory with two changes of status a user. */
const openApp = async (): Promise<App> => {
  const app = createApp(readConfig({ data: ':memory:' }), { log: pino({ level: 'silent' }) });
  await app.start();
  const lines = Array.from({ length: users }, (_, user) => [
    `${user},2017-01-01,non-paying`,
    `${user},2017-03-01,paying`,
  ]).flat();
  const path = join(folder, `${kind}.csv`);
  writeFileSync(path, ['user_id,created_at,status', ...lines].join('\n'));
  const run = await app.domains.imports.start('user-status', [{ path, name: 'changes.csv' }]);
  const [finished] = await run.done;
  if (finished?.accepted !== lines.length) throw new Error(`the import ended with ${JSON.stringify(finished)}`);
  return app;
};

const bodyOf = (incoming: IncomingMessage): Promise<string> =>
  new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => resolve(Buffer.concat(parts).toString())).on('error', reject);
  });

const statusAt = (app: App, userId: string, date: string) => {
  const atUs = parseInstant(date);
  if (atUs === null) throw new TypeError('date is malformed');
  return app.domains.userStatus.statusAt(userId, atUs);
};

/** What somebody writes who has only this one lookup: reads the body, parses it, looks up, writes JSON. */
const byHand =
  (app: App): RequestListener =>
  async (incoming, outgoing) => {
    const { variables } = JSON.parse(await bodyOf(incoming)) as { variables: { userId: string; date: string } };
    const { status } = statusAt(app, variables.userId, variables.date);
    const body = JSON.stringify({ data: { userStatus: { status } } });
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    outgoing.writeHead(200, headers).end(body);
  };

/** The same schema in Yoga as its documentation sets it up: no keys, no limits. */
const plainYoga = async (app: App): Promise<RequestListener> => {
  const { createYoga } = await import('graphql-yoga');
  const { domains, ledger } = app;
  const services = { ...domains, ledger, config: readConfig({}), nowUs: () => 0 } as unknown as Context;
  const contextOf = createContextFactory(services);
  return createYoga({
    schema,
    logging: false,
    // Yoga copies what a context has itself.
    context: () => ({
      ...services,
      ...contextOf({ caller: domains.apiKeys.callerOf(undefined), origin: '', requestId: '' }),
    }),
  }) as RequestListener;
};

const sdl = `
  type Query { userStatus(userId: ID!, date: String!): UserStatus! }
  type UserStatus { status: String! effectiveAt: String }
`;

const listen = async (listener: RequestListener): Promise<number> => {
  const server = createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

const resolversOf = (app: App) => ({
  Query: {
    userStatus: (_root: unknown, { userId, date }: { userId: string; date: string }) => statusAt(app, userId, date),
  },
});

const apollo = async (app: App): Promise<number> => {
  const { ApolloServer } = await import('@apollo/server');
  const { startStandaloneServer } = await import('@apollo/server/standalone');
  const server = new ApolloServer({ typeDefs: sdl, resolvers: resolversOf(app) });
  const { url } = await startStandaloneServer(server, { listen: { port: 0, host: '127.0.0.1' } });
  return Number(new URL(url).port);
};

const mercurius = async (app: App): Promise<number> => {
  const { default: fastify } = await import('fastify');
  const { default: plugin } = await import('mercurius');
  const server = fastify();
  server.register(plugin, { schema: sdl, resolvers: resolversOf(app), jit: 1 });
  await server.listen({ port: 0, host: '127.0.0.1' });
  return (server.server.address() as AddressInfo).port;
};

const portOf = async (app: App): Promise<number> => {
  if (kind === 'node') return listen(byHand(app));
  if (kind === 'yoga') return listen(await plainYoga(app));
  if (kind === 'apollo') return apollo(app);
  if (kind === 'mercurius') return mercurius(app);
  const log = pino({ level: 'silent' });
  const { url } = await openServer(app.fetch, { host: '127.0.0.1', port: 0, log, fastPath: app.fastPath });
  return Number(new URL(url).port);
};

const app = await openApp();
process.stdout.write(`${await portOf(app)}\n`);
