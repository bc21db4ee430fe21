import type { Import } from '../src/domains/imports/job.ts';
import type { Snapshot } from '../src/ledger/ledger.ts';
import type { StoredOrigin } from '../src/ledger/record.ts';
import { apiSource } from '../src/lib/api-source.ts';
import { builder } from './builder.ts';
import { ImportType } from './imports/imports.ts';

const sourceOf = (found: Import | null): string => found?.source ?? 'unknown';

export const Provenance = builder.objectRef<StoredOrigin>('Provenance').implement({
  description: 'Where a record came from.',
  fields: (t) => ({
    import: t.field({
      type: ImportType,
      nullable: true,
      extensions: { cost: 5 },
      description: 'The import that it came with; null for records sent through the API.',
      resolve: ({ importId }, _args, { load, imports }) =>
        importId === null ? null : load(imports.importsByIds, importId),
    }),
    source: t.string({
      extensions: { cost: 5 },
      description:
        'Name of the imported file; for records sent through the API `api`, or `api:` and the name of the key they were sent with.',
      resolve({ importId, sentBy }, _args, { loadKnown, imports }) {
        if (importId === null) return apiSource(sentBy);
        const found = loadKnown(imports.importsByIds, importId);
        return found instanceof Promise ? found.then(sourceOf) : sourceOf(found);
      },
    }),
    line: t.exposeInt('line', {
      nullable: true,
      description: 'Line of the file, from 1; null for records of the API.',
    }),
    recordedAt: t.field({
      type: 'DateTime',
      description: 'When it was stored.',
      resolve: ({ recordedAtUs }) => recordedAtUs,
    }),
    sequence: t.field({
      type: 'BigInt',
      description: 'Its sequence number in the ledger: 1 for the first record, without gaps.',
      resolve: ({ seq }) => seq,
    }),
  }),
});

export const SnapshotType = builder.objectRef<Snapshot>('Snapshot').implement({
  description: 'A state of the whole store: all records up to one sequence number.',
  fields: (t) => ({
    sequence: t.field({
      type: 'BigInt',
      description:
        'The last record of the state; 0 for the empty store. Pass it as `asOf.sequence` to query this state again.',
      resolve: ({ sequence }) => sequence,
    }),
    at: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When that record was stored; null for the empty store.',
      resolve: ({ atUs }) => atUs,
    }),
  }),
});
