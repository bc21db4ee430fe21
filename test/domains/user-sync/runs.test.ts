import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { folderSource, userCsv } from '../../support/user-sources.ts';

const query = `{
  userSync { state source output nextRunAt lastRun { state read accepted userSync { processed updated unchanged removed rejected } } }
  imports(target: USER_FILES) { totalCount nodes { target state userSync { processed updated } } }
}`;

describe('runs of the synchronization', () => {
  it('are listed with what they did, and the next one is known', async () => {
    const source = await folderSource();
    await source.write('u1.csv', userCsv('Ada', 'King', 0));
    await source.write('u2.csv', 'no table of a user');
    const app = await openApp({ settings: source.settings });
    onTestFinished(app.close);
    await expect
      .poll(async () => (await app.query(query)).data?.userSync)
      .toMatchObject({ nextRunAt: expect.any(String) });
    await app.importFile('users', { name: 'users.csv', text: 'user_id,country\nu1,SE\n' });
    const first = (await app.query(query)).data as Record<string, unknown>;
    const counts = { processed: 2, updated: 1, unchanged: 0, removed: 0, rejected: 1 };
    expect(first).toMatchObject({
      userSync: {
        state: 'IDLE',
        source: source.settings.userFiles,
        lastRun: { read: 2, accepted: 1, userSync: counts },
      },
      imports: { totalCount: 1, nodes: [{ target: 'USER_FILES', userSync: { processed: 2, updated: 1 } }] },
    });
    const { data } = await app.query(
      'mutation { startImport(input: { target: USER_FILES, wait: true }) { ... on StartImportPayload { import { state userSync { updated } } } } }',
    );
    // Only the file that cannot be used is read again.
    expect(data).toMatchObject({ startImport: { import: { userSync: null } } });
    expect((await app.query(query)).data).toMatchObject({
      imports: { totalCount: 2 },
      userSync: { lastRun: { userSync: null } },
    });
  });

  it('are none without user files', async () => {
    const app = await openApp();
    onTestFinished(app.close);
    await app.importFile('users', { name: 'users.csv', text: 'user_id,country\nu1,SE\n' });
    expect((await app.query(query)).data).toEqual({
      userSync: { state: 'OFF', source: null, output: null, nextRunAt: null, lastRun: null },
      imports: { totalCount: 0, nodes: [] },
    });
  });
});
