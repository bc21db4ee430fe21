import type { ProjectionState } from '../src/context.ts';
import type { IndexState } from '../src/ledger/ledger.ts';
import { builder } from './builder.ts';
import { SnapshotType } from './provenance.ts';

const IndexStateType = builder.objectRef<IndexState>('IndexState').implement({
  description: 'An index in memory, rebuilt at the start and always as new as the store.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'What it indexes.' }),
    entries: t.field({ type: 'BigInt', description: 'Number of records in it.', resolve: ({ entries }) => entries }),
    bytes: t.field({ type: 'BigInt', description: 'Memory of its arrays, in bytes.', resolve: ({ bytes }) => bytes }),
  }),
});

const ProjectionType = builder.objectRef<ProjectionState>('Projection').implement({
  description: 'A copy of the ledger that answers questions, and follows it by sequence number.',
  fields: (t) => ({
    name: t.exposeString('name', { description: '`memory`, or `clickhouse` where facts are in ClickHouse.' }),
    sequence: t.field({
      type: 'BigInt',
      description: 'Everything up to this sequence number is in it.',
      resolve: ({ sequence }) => sequence,
    }),
    lagMs: t.field({
      type: 'BigInt',
      description: 'How long the oldest record that it lacks has been stored, in milliseconds; 0 when it lacks none.',
      resolve: ({ lagMs }) => lagMs,
    }),
  }),
});

export const ServerType = builder.objectRef<object>('Server').implement({
  description: 'The state of this server.',
  fields: (t) => ({
    version: t.string({
      description: 'Version of the program.',
      resolve: (_server, _args, { server }) => server.version,
    }),
    engine: t.field({
      type: builder.enumType('Engine', {
        description: 'Where records are stored.',
        values: { SQLITE: { description: 'One SQLite file in the data folder.' } } as const,
      }),
      description: 'Where records are stored.',
      resolve: () => 'SQLITE' as const,
    }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When the program started.',
      resolve: (_server, _args, { server }) => server.startedAtUs,
    }),
    builtAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the rebuild of the indices was complete; null until then.',
      resolve: (_server, _args, { server }) => server.builtAtUs,
    }),
    buildTime: t.field({
      type: 'Duration',
      nullable: true,
      description: 'How long the rebuild took; null until it is complete.',
      resolve: (_server, _args, { server }) =>
        server.rebuildUs === null ? null : `PT${(server.rebuildUs / 1e6).toFixed(6)}S`,
    }),
    snapshot: t.field({
      type: SnapshotType,
      description: 'The newest state.',
      resolve: (_server, _args, { ledger }) => ledger.snapshot(),
    }),
    projections: t.field({
      type: [ProjectionType],
      description: 'The copies of the ledger that answer questions.',
      resolve: (_server, _args, { health, server }) => [health.memoryProjection(), ...server.projections()],
    }),
    indices: t.field({
      type: [IndexStateType],
      description: 'The indices in memory.',
      resolve: (_server, _args, { ledger }) => ledger.indexStates(),
    }),
  }),
});

builder.queryField('server', (t) =>
  t.field({
    type: ServerType,
    description: 'The state of this server.',
    resolve: () => ({}),
  }),
);
