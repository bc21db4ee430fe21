import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folderOf } from '../support/documents.ts';
import { testServer } from '../support/test-server.ts';
import { asof, folder } from './asof-process.ts';

const documents = `query Purchases($first: Int! = 10, $with: Boolean! = false) {
  transactions(first: $first) { nodes { amount provenance @include(if: $with) { source } } }
}
query Status($userId: ID!) { userStatus(userId: $userId, date: "2025-06-01") { status } }`;

const purchase =
  '{"click_id": 1, "created_at": "2025-01-05T10:00:00Z", "product_id": 501, "product_price": 20.00, "user_id": "ada", "ip": "10.1.4.4"}';

describe('asof documents check', () => {
  it('prints the cost of valid documents, and exits 0', async () => {
    const path = await folderOf({ 'd.graphql': documents });
    const file = join(path, 'd.graphql');
    expect(await asof(['documents', 'check', path, '--data', join(path, 'none')])).toEqual({
      code: 0,
      stdout: [
        `${file}:1: Purchases: valid, depth 3 (4) of 15, fields 3 (5) of 1000, rows 10 (1000) of 1000000, scans 1 of 20, cost 43 (12003) of 500000`,
        `${file}:4: Status: valid, depth 2 of 15, fields 2 of 1000, rows 0 of 1000000, scans 0 of 20, cost 4 of 500000`,
        '',
      ].join('\n'),
      stderr: '',
    });
  });

  it('names file, line and fault of a document that the schema would break, and exits 1', async () => {
    const path = await folderOf({ 'd.graphql': `${documents}\n\nquery Old { server { gone } }` });
    const { code, stdout } = await asof(['documents', 'check', path]);
    expect(code).toBe(1);
    expect(stdout).toContain(`${join(path, 'd.graphql')}:6: Old: Cannot query field "gone" on type "Server".\n`);
    const manifest = await folderOf({
      'm.json': `{\n"x": "query A { server { version } }",\n"y": "query B { nothing }" }`,
    });
    const result = await asof(['documents', 'check', join(manifest, 'm.json')]);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain(`${join(manifest, 'm.json')}:3: B: Cannot query field "nothing"`);
  });

  it('exits 1 for a document that a limit refuses, and says which could be with larger pages', async () => {
    const path = await folderOf({ 'd.graphql': documents });
    const check = (env: NodeJS.ProcessEnv) => asof(['documents', 'check', path], '', env);
    const refused = await check({ ASOF_QUERY_DEPTH_MAX: '2' });
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('Purchases: the operation is deeper than 2 fields (setting queryDepthMax)');
    const larger = await check({ ASOF_QUERY_ROWS_MAX: '100' });
    expect(larger.code).toBe(0);
    expect(larger.stdout).toContain(
      'with larger pages the operation may return more than 100 rows (setting queryRowsMax)',
    );
  });

  it('exits 1 for a file with a fault, and 2 without documents', async () => {
    const path = await folderOf({ 'd.graphql': 'query {' });
    expect(await asof(['documents', 'check', path])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('d.graphql:1: Syntax Error'),
    });
    expect(await asof(['documents', 'check'])).toMatchObject({ code: 2 });
  });

  it('counts the SQL statements of queries that need no variables on a data folder with keys', async () => {
    const data = await folder();
    const path = await folderOf({ 'd.graphql': documents, 'p.jsonl': purchase });
    expect(await asof(['import', 'transactions', join(path, 'p.jsonl'), '--data', data])).toMatchObject({ code: 0 });
    expect(await asof(['keys', 'add', 'reader', '--scope', 'read', '--data', data])).toMatchObject({ code: 0 });
    const { code, stdout } = await asof(['documents', 'check', path, '--data', data, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        name: 'Purchases',
        problems: [],
        cost: { withDefaults: { rows: 10 }, max: { rows: 1000 } },
        statements: expect.any(Number),
      },
      { name: 'Status', problems: [], runsWithDefaults: false, statements: null },
    ]);
    expect((JSON.parse(stdout) as { statements: number }[])[0]?.statements).toBeGreaterThan(0);
  });

  it('uses the schema of a running server', async () => {
    const { server } = await testServer({ settings: { apiKeys: 'read:r-key-of-a-test-0123456789' } });
    const path = await folderOf({ 'd.graphql': `${documents}\nquery Old { server { gone } }` });
    const { code, stdout } = await asof([
      'documents',
      'check',
      path,
      '--url',
      server.url,
      '--key',
      'r-key-of-a-test-0123456789',
    ]);
    expect(code).toBe(1);
    expect(stdout).toContain('Status: valid\n');
    expect(stdout).toContain('Old: Cannot query field "gone" on type "Server".');
  });
});
