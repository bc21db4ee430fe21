import { execFile } from 'node:child_process';
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

it('codegen --check finds no stale file in the repository', async () => {
  expect(await codegen('--check')).toEqual({ code: 0, output: '' });
});

describe('a typed client', () => {
  it('a typed client has the types of its variables and of its result', async () => {
    const opened = await openApp();
    onTestFinished(opened.close);
    const variables: UserStatusExplainedQueryVariables = { userId: '1', date: '2025-06-01' };
    const { data } = await opened.query<UserStatusExplainedQuery>(print(UserStatusExplainedDocument), { ...variables });
    // These lines compile only when the types are generated from the schema.
    const status: 'CANCELLED' | 'NON_PAYING' | 'PAYING' | undefined = data?.userStatus?.status;
    const reasons: readonly string[] | undefined = data?.userStatus?.explanation.ignored?.map(({ reason }) => reason);
    expect([status, reasons]).toEqual(['NON_PAYING', []]);
  });
});
