import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import DataLoader from 'dataloader';

/**
 * Peers, in a process of their own: `node graphql-peers.js yoga|apollo|mercurius|http <file>`. Each answers a list of purchases from
 * memory; status, city and country of each are loaded by DataLoader. Prints its port.
 */
const [kind = '', file = ''] = process.argv.slice(2);

export interface Purchase {
  readonly transactionId: string;
  readonly amount: string;
  readonly status: { readonly status: string };
  readonly city: { readonly city: string };
  readonly country: { readonly name: string };
}

const purchases = JSON.parse(readFileSync(file, 'utf8')) as readonly Purchase[];

const typeDefs = `
  type Query { purchases(first: Int!): [Purchase!]! }
  type Purchase { transactionId: ID! amount: String! status: Status! city: City! country: Country! }
  type Status { status: String! }
  type City { city: String! }
  type Country { name: String! }
`;

const nested = ['status', 'city', 'country'] as const;
type Nested = (typeof nested)[number];
type Loaders = Readonly<Record<Nested, DataLoader<string, unknown>>>;

const tables = new Map(
  nested.map((name) => [name, new Map(purchases.map((purchase) => [purchase.transactionId, purchase[name]]))]),
);

const loaderOf = (name: Nested) =>
  new DataLoader(async (ids: readonly string[]) => ids.map((id) => tables.get(name)?.get(id)));

const createLoaders = (): Loaders => ({
  status: loaderOf('status'),
  city: loaderOf('city'),
  country: loaderOf('country'),
});

/** What is stored beside its id and amount must be loaded. */
const stored = purchases.map(({ transactionId, amount }) => ({ transactionId, amount }));

const load =
  (name: Nested) =>
  ({ transactionId }: { transactionId: string }, _arguments: unknown, loaders: Loaders): unknown =>
    loaders[name].load(transactionId);

const resolvers = {
  Query: { purchases: (_root: unknown, { first }: { first: number }) => stored.slice(0, first) },
  Purchase: { status: load('status'), city: load('city'), country: load('country') },
};

const startYoga = async (): Promise<number> => {
  const { createSchema, createYoga } = await import('graphql-yoga');
  const schema = createSchema<Loaders>({ typeDefs, resolvers });
  const yoga = createYoga({ schema, context: createLoaders, logging: false, graphiql: false });
  return listen(createServer(yoga));
};

const startApollo = async (): Promise<number> => {
  const { ApolloServer } = await import('@apollo/server');
  const { startStandaloneServer } = await import('@apollo/server/standalone');
  const server = new ApolloServer<Loaders>({ typeDefs, resolvers });
  const { url } = await startStandaloneServer(server, {
    listen: { port: 0, host: '127.0.0.1' },
    context: async () => createLoaders(),
  });
  return Number(new URL(url).port);
};

const startMercurius = async (): Promise<number> => {
  const { default: fastify } = await import('fastify');
  const { default: mercurius } = await import('mercurius');
  const server = fastify();
  await server.register(mercurius, { schema: typeDefs, resolvers, context: createLoaders, jit: 1 } as never);
  await server.listen({ port: 0, host: '127.0.0.1' });
  return (server.server.address() as AddressInfo).port;
};

/** The least that any server does: the answer is written by hand. */
const startHttp = (): Promise<number> =>
  listen(
    createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      JSON.parse(body);
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ data: { purchases } }));
    }),
  );

const listen = (server: ReturnType<typeof createServer>): Promise<number> =>
  new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

const starts: Readonly<Record<string, () => Promise<number>>> = {
  yoga: startYoga,
  apollo: startApollo,
  mercurius: startMercurius,
  http: startHttp,
};
const port = await starts[kind]?.();
process.stdout.write(`${port}\n`);
