import type { UserSync } from '../../src/domains/user-sync/user-sync.ts';
import type { SyncCounts } from '../../src/domains/users/user-files.ts';
import { builder } from '../builder.ts';
import { ImportType } from '../imports/imports.ts';

const UserSyncCountsType = builder.objectRef<SyncCounts>('UserSyncCounts').implement({
  description:
    'What a synchronization did to users, each counted once: processed = updated + unchanged + removed + rejected.',
  fields: (t) => ({
    processed: t.exposeInt('processed', { description: 'All users of the source, removed ones included.' }),
    updated: t.exposeInt('updated', { description: 'Users who are new or have changed.' }),
    unchanged: t.exposeInt('unchanged', { description: 'Users who are as before.' }),
    removed: t.exposeInt('removed', { description: 'Users who are no longer in the source.' }),
    rejected: t.exposeInt('rejected', { description: 'Users whose file cannot be used; they stay as they were.' }),
  }),
});

builder.objectField(ImportType, 'userSync', (t) =>
  t.field({
    type: UserSyncCountsType,
    nullable: true,
    description:
      'For `USER_FILES` what it did to users; null for other imports, and for a synchronization that changed nothing, failed or still runs.',
    resolve: ({ id }, _args, { load, userSync }) => load(userSync.countsByImports, id),
  }),
);

const UserSyncState = builder.enumType('UserSyncState', {
  description: 'What the synchronization of user files does now.',
  values: {
    OFF: { description: 'This server has no user files (setting userFiles).' },
    IDLE: { description: 'No synchronization runs.' },
    RUNNING: { description: 'A synchronization runs, in this process or another.' },
  } as const,
});

const UserSyncType = builder.objectRef<UserSync>('UserSync').implement({
  description: 'The synchronization of user files. `imports(target: USER_FILES)` lists its runs.',
  fields: (t) => ({
    state: t.field({ type: UserSyncState, description: 'What it does now.', resolve: (sync) => sync.state() }),
    source: t.exposeString('location', {
      nullable: true,
      description: 'The folder or bucket of the user files; null when this server has none.',
    }),
    output: t.string({
      nullable: true,
      description: 'Where the table of users is written; null when this server has no user files.',
      resolve: ({ location, output }) => (location === null ? null : output),
    }),
    lastRun: t.field({
      type: ImportType,
      nullable: true,
      description: 'The newest run, also one that still runs; null before the first.',
      resolve: (sync) => sync.lastRun(),
    }),
    nextRunAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When this server begins the next run by itself; null while it runs one, and without user files.',
      resolve: (sync) => sync.nextRunAtUs,
    }),
  }),
});

builder.queryField('userSync', (t) =>
  t.field({
    type: UserSyncType,
    description:
      'The synchronization of user files. `startImport(input: { target: USER_FILES })` begins a run now, or joins the one that runs.',
    resolve: (_root, _args, { userSync }) => userSync,
  }),
);
