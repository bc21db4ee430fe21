import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { png } from '../../support/images.ts';
import { folderSource, userCsv } from '../../support/user-sources.ts';

interface Origin {
  readonly source: string;
  readonly line: number | null;
  readonly sequence: string;
}

interface Data {
  readonly user: {
    readonly fileProvenance: Origin | null;
    readonly image: { readonly name: string; readonly provenance: Origin } | null;
    readonly attributeRecords: readonly {
      readonly country: string | null;
      readonly gender: string | null;
      readonly provenance: Origin;
    }[];
  } | null;
}

const document = `query ($userId: ID!, $asOf: AsOfInput, $first: Int! = 20) { user(userId: $userId, asOf: $asOf) {
  fileProvenance { source line sequence import { target } }
  image { name provenance { source line sequence } }
  attributeRecords(first: $first) { country gender provenance { source line sequence } }
} }`;

describe('the records behind a user', () => {
  it('are those of the newest file, those that it supersedes, and those of the user’s own files, in every snapshot', async () => {
    const source = await folderSource();
    await source.write('u1.csv', userCsv('Ada', 'King', 0));
    await source.write('u1.png', png(1, 1));
    const app = await openApp({ settings: source.settings });
    onTestFinished(app.close);
    await app.get('/data', { method: 'POST' });
    const importUsers = (name: string, lines: readonly string[]) =>
      app.importFile('users', { name, text: ['user_id,country,gender', ...lines].join('\n') });
    await importUsers('old.csv', ['u2,FR,', 'u1,DE,female']);
    const first = app.app.ledger.snapshot().sequence;
    await importUsers('new.csv', ['u1,AT,', 'u3,AT,']);
    await source.write('u1.csv', userCsv('Ada', 'Lovelace', 0));
    await app.get('/data', { method: 'POST' });

    const userOf = async (userId: string, variables: Readonly<Record<string, unknown>> = {}) =>
      (await app.query<Data>(document, { userId, ...variables })).data?.user;
    const now = await userOf('u1');
    expect(now?.attributeRecords).toMatchObject([
      { country: 'AT', gender: null, provenance: { source: 'new.csv', line: 2 } },
      { country: 'DE', gender: 'female', provenance: { source: 'old.csv', line: 3 } },
    ]);
    const then = await userOf('u1', { asOf: { sequence: first } });
    expect(then?.attributeRecords).toMatchObject([{ country: 'DE', provenance: { source: 'old.csv', line: 3 } }]);
    expect(now?.fileProvenance).toMatchObject({ line: null, import: { target: 'USER_FILES' } });
    expect(Number(now?.fileProvenance?.sequence)).toBeGreaterThan(first);
    expect(Number(then?.fileProvenance?.sequence)).toBeLessThan(first);
    expect(now?.image).toMatchObject({ name: 'u1.png', provenance: then?.image?.provenance });
    expect((await userOf('u1', { first: 1 }))?.attributeRecords).toHaveLength(1);
    expect(await userOf('u2')).toMatchObject({ fileProvenance: null, image: null });
  });
});
