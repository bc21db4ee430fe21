import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { print } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  UserStatusExplainedDocument,
  type UserStatusExplainedQuery,
  type UserStatusExplainedQueryVariables,
} from './fixtures/clients/generated/graphql.ts';
import { openApp } from './support/app.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Outcome {
  readonly code: number;
  readonly output: string;
}

const codegen = (...args: string[]): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', 'codegen.ts', ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code) : 0, output: `${stdout}${stderr}` }),
    );
  });

const emptyFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-codegen-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
};

describe('npm run codegen', () => {
  it('codegen --check finds no stale file in the repository', async () => {
    expect(await codegen('--check')).toEqual({ code: 0, output: '' });
  });

  it('codegen --check names stale files and writes nothing', async () => {
    const out = await emptyFolder();
    const { code, output } = await codegen('--check', '--out', out);
    expect(code).toBe(1);
    for (const name of ['gql.ts', 'graphql.ts', 'index.ts', 'persisted-documents.json'])
      expect(output).toContain(`${name} is stale`);
    expect(output).not.toContain('schema.graphql');
    expect(await readdir(out)).toEqual([]);
  });

  it('codegen accepts further files and stores each document under the hash of its text', async () => {
    const out = await emptyFolder();
    const file = join(await emptyFolder(), 'ours.graphql');
    await writeFile(file, 'query Ours { server { version } }');
    expect(await codegen('--out', out, file)).toEqual({ code: 0, output: '4 files, 4 of them changed\n' });
    const persisted = JSON.parse(await readFile(join(out, 'persisted-documents.json'), 'utf8')) as Record<
      string,
      string
    >;
    const examples = await readdir(join(root, 'src/graphql/examples'));
    expect(Object.keys(persisted)).toHaveLength(examples.length + 1);
    for (const [key, text] of Object.entries(persisted))
      expect(key).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`);
    expect(Object.values(persisted)).toContain('query Ours { server { version } }');
  });

  it.each([
    [
      'an operation that does not fit the schema',
      'query Broken { server { nonsense } }',
      'Cannot query field "nonsense"',
    ],
    ['a file that is not there', undefined, 'no such file'],
  ])('codegen refuses %s', async (_what, text, message) => {
    const out = await emptyFolder();
    const file = join(await emptyFolder(), 'broken.graphql');
    if (text !== undefined) await writeFile(file, text);
    const { code, output } = await codegen('--out', out, file);
    expect(code).toBe(1);
    expect(output).toContain(message);
    expect(output).not.toContain('    at ModuleJob');
  });
});

describe('a typed client', () => {
  it('a typed client has the types of its variables and of its result', async () => {
    const opened = await openApp();
    onTestFinished(opened.close);
    const variables: UserStatusExplainedQueryVariables = { userId: '1', date: '2025-06-01' };
    const { data } = await opened.query<UserStatusExplainedQuery>(print(UserStatusExplainedDocument), { ...variables });
    // These lines compile only when the types are generated from the schema.
    const status: 'CANCELLED' | 'NON_PAYING' | 'PAYING' | undefined = data?.userStatus.status;
    const reasons: readonly string[] | undefined = data?.userStatus.explanation.ignored.map(({ reason }) => reason);
    expect([status, reasons]).toEqual(['NON_PAYING', []]);
  });
});
