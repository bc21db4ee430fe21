import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { root } from './support/modules.ts';
import { testServer } from './support/test-server.ts';

const run = (command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  new Promise<{ code: number | string; stdout: string; stderr: string }>((resolve) => {
    execFile(command, args, { cwd: root, env: { ...process.env, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error ? (error.code ?? 1) : 0, stdout, stderr }),
    );
  });

/** A server that holds the shop, runs the documents of the example only, and logs its requests. */
const shop = async (example: string) => {
  const requests: { method: string; route: string; status: number }[] = [];
  const log = new Writable({
    write(line, _encoding, done) {
      const { method, route, status } = JSON.parse(String(line));
      if (route === '/graphql') requests.push({ method, route, status });
      done();
    },
  });
  const { app, server, importFile } = await testServer({
    settings: {
      documents: join(root, `examples/${example}/src/generated/persisted-documents.json`),
      trustedOnly: 'true',
    },
    log: pino({ level: 'debug' }, log),
  });
  await importFile('user-status', join(root, 'examples/shop/status-changes.json'));
  await importFile('transactions', join(root, 'examples/shop/purchases.jsonl'));
  const key = await app.domains.apiKeys.add('example', ['read', 'ingest']);
  return { server, requests, key };
};

const expected = `NON_PAYING: 119.99 in 2 purchases
PAYING: 132.49 in 3 purchases
2 of 5 purchases
4 of 5 purchases
5 of 5 purchases
the last is of 2025-05-20T08:05:00Z
NON_PAYING: 119.99 in 2 purchases
PAYING: 132.49 in 3 purchases
1 event recorded
ada saw variant A
`;

describe.each(['client-urql', 'client-apollo'])('the example %s', (example) => {
  it('compiles with all strict options of TypeScript', async () => {
    const options = JSON.parse(await readFile(join(root, `examples/${example}/tsconfig.json`), 'utf8')).compilerOptions;
    expect(options).toMatchObject({ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true });
    expect(await run('npx', ['tsc', '-p', `examples/${example}`])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('reads by persisted GET, caches, pages, records and subscribes on a server that runs trusted documents only', async () => {
    const { server, requests, key } = await shop(example);
    const { code, stdout, stderr } = await run(
      process.execPath,
      ['--import', 'tsx', `examples/${example}/src/main.ts`],
      { ASOF_URL: server.url, ASOF_KEY: key, NODE_NO_WARNINGS: '1' },
    );
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expected, stderr: '' });
    const methods = requests.map(({ method }) => method).sort();
    // One page of revenue, whose repetition the cache answers, three of purchases; the mutation and the subscription.
    expect(methods).toEqual(['GET', 'GET', 'GET', 'GET', 'POST', 'POST']);
    expect(requests.every(({ status }) => status === 200)).toBe(true);
  });

  it('uses the versions of packages that are tested here', async () => {
    const read = async (path: string) => JSON.parse(await readFile(join(root, path), 'utf8'));
    const ours = await read('package.json');
    const tested = { ...ours.dependencies, ...ours.devDependencies };
    const { dependencies, devDependencies } = await read(`examples/${example}/package.json`);
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
      expect([name, version]).toEqual([name, tested[name]]);
  });
});
