import type { Import } from '../../src/domains/imports/job.ts';
import { type ImportTargetName, importTargets } from '../../src/import-targets.ts';
import { builder } from '../builder.ts';
import { connectionType } from '../connection.ts';
import { numericCursor, pageOf, selectPage } from '../page.ts';

export const ImportTargetEnum = builder.enumType('ImportTarget', {
  description: 'What the records of a file are.',
  values: Object.fromEntries(importTargets.map(({ name, description }) => [name, { value: name, description }])) as {
    [Target in ImportTargetName]: { value: Target; description: string };
  },
});

const ImportState = builder.enumType('ImportState', {
  description: 'How far an import is.',
  values: {
    RUNNING: { description: 'Being taken in; its counts grow.' },
    SUCCEEDED: { description: 'Read to the end, every record stored or a duplicate.' },
    SUCCEEDED_WITH_REJECTS: { description: 'Read to the end, but some records were rejected or in conflict.' },
    FAILED: {
      description: 'Broken off; `failure` says why. What had been stored stays; of a dataset nothing was.',
    },
    CANCELLED: { description: 'Ended by `cancelImport`; nothing of it was stored.' },
  } as const,
});

const ImportFailure = builder.objectRef<{ code: string; message: string }>('ImportFailure').implement({
  description: 'Why an import failed.',
  fields: (t) => ({
    code: t.exposeString('code', { description: 'A stable code; the documentation lists them.' }),
    message: t.exposeString('message', { description: 'One sentence for a person.' }),
  }),
});

export const ImportType = builder.objectRef<Import>('Import');

const ImportConnection = connectionType(
  { type: ImportType, name: 'ImportConnection', description: 'A page of imports.' },
  { name: 'ImportEdge', description: 'An import with its place in the list.' },
);

builder.node(ImportType, {
  description:
    'A file that was taken in, or is being taken in: read = accepted + unchanged + conflicts + rejected. Of `USER_FILES` the records are objects, those that are gone included, and all count at the end, at once.',
  id: { resolve: ({ id }) => id },
  loadMany: (ids, { imports }) => imports.importsByIds(ids.map(Number)),
  fields: (t) => ({
    target: t.field({
      type: ImportTargetEnum,
      description: 'What its records are.',
      resolve: ({ target }) => target as ImportTargetName,
    }),
    source: t.exposeString('source', { description: 'Name of the file, or the folder or bucket of `USER_FILES`.' }),
    state: t.field({ type: ImportState, description: 'How far it is.', resolve: ({ state }) => state }),
    startedAt: t.field({ type: 'DateTime', description: 'When it began.', resolve: ({ startedAtUs }) => startedAtUs }),
    finishedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it runs.',
      resolve: ({ finishedAtUs }) => finishedAtUs,
    }),
    bytesRead: t.field({
      type: 'BigInt',
      description: 'Bytes of the file dealt with.',
      resolve: ({ bytesRead }) => bytesRead,
    }),
    bytesTotal: t.field({ type: 'BigInt', description: 'Bytes of the file.', resolve: ({ bytesTotal }) => bytesTotal }),
    read: t.field({ type: 'BigInt', description: 'Records read.', resolve: ({ read }) => read }),
    accepted: t.field({ type: 'BigInt', description: 'Records stored.', resolve: ({ accepted }) => accepted }),
    unchanged: t.field({
      type: 'BigInt',
      description: 'Records that were stored before: duplicates.',
      resolve: ({ unchanged }) => unchanged,
    }),
    conflicts: t.field({
      type: 'BigInt',
      description: 'Records whose key is stored with other content; they are kept among the rejected records.',
      resolve: ({ conflicts }) => conflicts,
    }),
    rejected: t.field({
      type: 'BigInt',
      description: 'Records that break a rule.',
      resolve: ({ rejected }) => rejected,
    }),
    failure: t.field({
      type: ImportFailure,
      nullable: true,
      description: 'Why it failed, or of `USER_FILES` why their table could not be written; else null.',
      resolve: ({ failureCode, failureMessage }) =>
        failureCode === null ? null : { code: failureCode, message: failureMessage ?? '' },
    }),
  }),
});

builder.queryFields((t) => ({
  imports: t.field({
    type: ImportConnection,
    description: 'Files taken in, the newest first.',
    args: { ...t.arg.connectionArgs(), state: t.arg({ type: ImportState, description: 'Only those in this state.' }) },
    resolve: (_root, { state, ...args }, { imports, config }) => {
      const { limit, fromEnd, after, before } = selectPage(args, config);
      const request = { limit, fromEnd, after: numericCursor(after), before: numericCursor(before) };
      const page = imports.importsPage({ state: state ?? undefined }, request);
      return pageOf(page.rows, ({ id }) => id, page);
    },
  }),
}));
