import type { Import } from '../../src/domains/imports/job.ts';
import { type ImportTargetName, importTargets } from '../../src/import-targets.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { type Counted, numericCursor, pageOf, selectPage, totalCountOf } from '../page.ts';

export const ImportTargetEnum = builder.enumType('ImportTarget', {
  description: 'What imported records are.',
  values: Object.fromEntries(importTargets.map(({ name, description }) => [name, { value: name, description }])) as {
    [Target in ImportTargetName]: { value: Target; description: string };
  },
});

const ImportState = builder.enumType('ImportState', {
  description: 'The state of an import.',
  values: {
    RUNNING: { description: 'The import runs; its counts grow.' },
    SUCCEEDED: { description: 'Read completely; every record was stored or is a duplicate.' },
    SUCCEEDED_WITH_REJECTS: {
      description: 'Read completely; some records were rejected or conflict with stored ones.',
    },
    FAILED: {
      description: 'It stopped; `failure` has the reason. Records stored before stay; of a dataset nothing is stored.',
    },
    CANCELLED: { description: 'Ended by `cancelImport`; nothing of it is stored.' },
  } as const,
});

const ImportFailure = builder.objectRef<{ code: string; message: string }>('ImportFailure').implement({
  description: 'The reason why an import failed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable code; the documentation lists them.' }),
    message: t.exposeString('message', { description: 'A sentence for people.' }),
  }),
});

export const ImportType = builder.objectRef<Import>('Import');

const ImportConnection = connectionType<Import, Counted>(
  {
    type: ImportType,
    name: 'ImportConnection',
    description: 'A page of imports.',
    fields: (t) => ({
      totalCount: t.int({ description: 'The number of imports on all pages.', resolve: totalCountOf }),
    }),
  },
  { name: 'ImportEdge', description: 'An import with its cursor.' },
);

builder.node(ImportType, {
  description:
    'The import of a file: read = accepted + unchanged + conflicts + rejected. For `USER_FILES` the records are objects, removed ones included, and all are counted at the end.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { imports }) => imports.importsByIds(ids.map(Number)),
  fields: (t) => ({
    target: t.field({
      type: ImportTargetEnum,
      description: 'What its records are.',
      resolve: ({ target }) => target as ImportTargetName,
    }),
    source: t.exposeString('source', { description: 'Name of the file, or the folder or bucket of `USER_FILES`.' }),
    state: t.field({ type: ImportState, description: 'Its state.', resolve: ({ state }) => state }),
    startedAt: t.field({
      type: 'DateTime',
      description: 'When it started.',
      resolve: ({ startedAtUs }) => startedAtUs,
    }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it runs.',
      resolve: ({ finishedAtUs }) => finishedAtUs,
    }),
    bytesRead: t.field({
      type: 'BigInt',
      description: 'Bytes of the file read so far.',
      resolve: ({ bytesRead }) => bytesRead,
    }),
    bytesTotal: t.field({ type: 'BigInt', description: 'Bytes of the file.', resolve: ({ bytesTotal }) => bytesTotal }),
    read: t.field({ type: 'BigInt', description: 'Records read.', resolve: ({ read }) => read }),
    accepted: t.field({ type: 'BigInt', description: 'Records stored.', resolve: ({ accepted }) => accepted }),
    unchanged: t.field({
      type: 'BigInt',
      description: 'Duplicates: records that were stored before.',
      resolve: ({ unchanged }) => unchanged,
    }),
    conflicts: t.field({
      type: 'BigInt',
      description: 'Records whose key is stored with other content; they are listed in `rejectedRecords`.',
      resolve: ({ conflicts }) => conflicts,
    }),
    rejected: t.field({
      type: 'BigInt',
      description: 'Invalid records.',
      resolve: ({ rejected }) => rejected,
    }),
    failure: t.field({
      type: ImportFailure,
      nullable: true,
      description: 'Why it failed, or for `USER_FILES` why the table could not be written; otherwise null.',
      resolve: ({ failureCode, failureMessage }) =>
        failureCode === null ? null : { code: failureCode, message: failureMessage ?? '' },
    }),
  }),
});

builder.queryFields((t) => ({
  import: t.field({
    type: ImportType,
    nullable: true,
    description: 'An import; null when there is none with this `id`.',
    args: { id: t.arg.globalID({ required: true, for: [ImportType], description: 'The import’s `id`.' }) },
    resolve: (_root, { id: { id } }, { load, imports }) => load(imports.importsByIds, Number(id)),
  }),
  imports: t.field({
    type: ImportConnection,
    description: 'Imports, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      state: t.arg({ type: ImportState, description: 'Only those in this state.' }),
      target: t.arg({ type: ImportTargetEnum, description: 'Only those of this target.' }),
    },
    resolve: (_root, args, { imports, config }) => {
      const { limit, fromEnd, after, before, cursors } = selectPage({ field: 'Query.imports' }, args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = imports.importsPage({ state: args.state ?? undefined, target: args.target ?? undefined }, request);
      return { ...pageOf(page.rows, ({ id }) => id, { ...page, cursors }), totalCount: page.totalCount };
    },
  }),
}));
