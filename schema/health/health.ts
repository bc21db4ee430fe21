import type { Context } from '../../src/context.ts';
import type { IndexLag } from '../../src/domains/health/health.ts';
import type { IngestRate } from '../../src/domains/health/ingest-rates.ts';
import type { BackupNote } from '../../src/lib/backup-note.ts';
import { builder } from '../builder.ts';
import { ChangeKindEnum } from '../changes/changes.ts';
import { ServerType } from '../server.ts';

const IngestMinute = builder.objectRef<IngestRate['minutes'][number]>('IngestMinute').implement({
  description: 'How many records arrived in a minute of the clock.',
  fields: (t) => ({
    start: t.field({ type: 'DateTime', description: 'Its start.', resolve: ({ startUs }) => startUs }),
    count: t.field({ type: 'BigInt', description: 'The accepted records.', resolve: ({ count }) => count }),
  }),
});

const lastMinute = 'The accepted records of the last 60 seconds, the running one included.';
const minutes =
  'The last 60 minutes, the oldest first; the last one is running. Minutes before the start of the server are 0.';

const IngestOfKind = builder
  .objectRef<ReturnType<Context['health']['ingest']['byKind']>[number]>('IngestOfKind')
  .implement({
    description: 'How many records of a kind arrive.',
    fields: (t) => ({
      kind: t.field({
        type: ChangeKindEnum,
        description: 'The kind; a whole table of IP ranges is one record, and so is a plan of an experiment.',
        resolve: ({ kind }) => kind,
      }),
      lastMinute: t.field({ type: 'BigInt', description: lastMinute, resolve: (rate) => rate.lastMinute }),
      minutes: t.field({ type: [IngestMinute], description: minutes, resolve: (rate) => rate.minutes }),
    }),
  });

const Ingest = builder.objectRef<IngestRate>('Ingest').implement({
  description:
    'How many records arrive, through the API, by imports and from other processes. Counted while the server runs, when queries find the records.',
  fields: (t) => ({
    lastMinute: t.field({ type: 'BigInt', description: lastMinute, resolve: (rate) => rate.lastMinute }),
    minutes: t.field({ type: [IngestMinute], description: minutes, resolve: (rate) => rate.minutes }),
    byKind: t.field({
      type: [IngestOfKind],
      description: 'The same for each kind of record.',
      resolve: (_rate, _args, { health }) => health.ingest.byKind(),
    }),
  }),
});

const IndexLagType = builder.objectRef<IndexLag>('IndexLag').implement({
  description: 'How far the indices in memory, from which queries are answered, are behind the store.',
  fields: (t) => ({
    sequence: t.field({
      type: 'BigInt',
      description: 'The last record that they have.',
      resolve: ({ sequence }) => sequence,
    }),
    newestSequence: t.field({
      type: 'BigInt',
      description: 'The last record of the store; equal to `sequence` when they lack none.',
      resolve: ({ newestSequence }) => newestSequence,
    }),
    time: t.field({
      type: 'Duration',
      description: 'How long the oldest record that they lack has been stored; zero when they lack none.',
      resolve: ({ us }) => `PT${(us / 1e6).toFixed(6)}S`,
    }),
  }),
});

const LastBackup = builder.objectRef<BackupNote>('LastBackup').implement({
  description: 'The last complete backup by `asof backup`.',
  fields: (t) => ({
    at: t.field({ type: 'DateTime', description: 'When it was complete.', resolve: ({ atUs }) => atUs }),
    sequence: t.field({
      type: 'BigInt',
      description: 'The last record that it has.',
      resolve: ({ sequence }) => sequence,
    }),
  }),
});

builder.objectFields(ServerType, (t) => ({
  lastBackup: t.field({
    type: LastBackup,
    nullable: true,
    description: 'The last complete backup; null when none was made.',
    resolve: (_server, _args, { health }) => health.lastBackup(),
  }),
  ingest: t.field({
    type: Ingest,
    description: 'How many records arrive.',
    resolve: (_server, _args, { health }) => health.ingest.all(),
  }),
  indexLag: t.field({
    type: IndexLagType,
    description: 'How far the indices are behind the store.',
    resolve: (_server, _args, { health }) => health.indexLag(),
  }),
  openRejectedRecordCount: t.field({
    type: 'BigInt',
    description: 'The rejected records that are neither resolved nor discarded.',
    resolve: (_server, _args, { health }) => health.openRejectedRecords(),
  }),
  runningImportCount: t.int({
    description: 'The imports that run now, in any process.',
    resolve: (_server, _args, { health }) => health.runningImports(),
  }),
  memoryBytes: t.field({
    type: 'BigInt',
    description: 'The memory of the process, in bytes.',
    resolve: (_server, _args, { health }) => health.memoryBytes(),
  }),
  storeBytes: t.field({
    type: 'BigInt',
    description: 'The size of the store in bytes, without datasets, images and its write-ahead log.',
    resolve: (_server, _args, { health }) => health.storeBytes(),
  }),
}));
