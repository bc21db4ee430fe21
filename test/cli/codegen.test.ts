import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { InMemoryCache } from '@apollo/client/core';
import { isAbstractType, isObjectType, isScalarType, parse, print } from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { runProgram } from '../../src/cli/program.ts';
import { scalarTypes } from '../../src/codegen/scalars.ts';
import { fixture } from '../support/app.ts';
import { testServer } from '../support/test-server.ts';
import { startAsof } from './asof-process.ts';

/** A folder with these files. */
const folderOf = async (files: Readonly<Record<string, string | Uint8Array>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-codegen-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder, name), content);
  return folder;
};

/** Runs `asof` in this process: a command is loaded once for all tests. */
const run = async (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const output = { stdout: '', stderr: '' };
  const writer = (name: 'stdout' | 'stderr') =>
    new Writable({
      write(part, _encoding, done) {
        output[name] += part;
        done();
      },
    });
  const streams = { stdin: Readable.from([]), stdout: writer('stdout'), stderr: writer('stderr') };
  const code = await runProgram(args, { env, ...streams, on: () => undefined, off: () => undefined });
  return { code, ...output };
};

const generate = async (
  files: Readonly<Record<string, string | Uint8Array>>,
  { args = [], env = {} }: { readonly args?: readonly string[]; readonly env?: NodeJS.ProcessEnv } = {},
) => {
  const folder = await folderOf(files);
  const out = join(folder, 'out');
  const result = await run(['codegen', '--documents', `${folder}/*.*`, '--out', out, ...args], env);
  const stderr = result.stderr.replaceAll(`${folder}/`, '').trimEnd().split('\n');
  return { ...result, stderr, folder, out, read: (name: string) => readFile(join(out, name), 'utf8') };
};

const version = 'query Version { server { version } }';

describe('asof codegen', () => {
  it('writes the client of the documents, and of nothing else', async () => {
    const { code, stdout, out, read } = await generate({ 'a.graphql': version });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '7 files, 7 of them changed\n' });
    expect(await readdir(out)).toEqual([
      ...['document-ids.ts', 'graphcache.ts', 'graphql.ts', 'persisted-documents.json'],
      ...['persisted-query-manifest.json', 'possible-types.ts', 'schema.json'],
    ]);
    const text = 'query Version {\n  server {\n    version\n    __typename\n  }\n}';
    const hash = createHash('sha256').update(text).digest('hex');
    expect(JSON.parse(await read('persisted-documents.json'))).toEqual({ [`sha256:${hash}`]: text });
    expect(JSON.parse(await read('persisted-query-manifest.json'))).toEqual({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: hash, name: 'Version', type: 'query', body: text }],
    });
    expect(await read('document-ids.ts')).toContain(`Version: 'sha256:${hash}',`);
    const types = await read('graphql.ts');
    expect(types).toContain("export type VersionQuery = { server: { __typename: 'Server', version: string } | null };");
    expect(types).not.toMatch(/\bany\b/);
  });

  it('shares fragments between files, and stores a document as caches send it', async () => {
    const { read, stderr } = await generate({
      'a.graphql':
        '"What a user has."\nquery Page($id: ID!) { user(userId: $id) { ...U } first: __typename }\n' +
        'mutation Drop($input: DiscardRejectedRecordInput!) { discardRejectedRecord(input: $input) { __typename } }',
      'b.gql': 'fragment U on User { id transactions(first: 1) @connection(key: "t") { nodes { ...T } } }',
      'c.graphql': 'fragment T on Transaction { amount }\nfragment Unused on User { id }',
      'empty.graphql': '# nothing yet\n',
    });
    expect(stderr).toEqual(['']);
    const stored = Object.entries(JSON.parse(await read('persisted-documents.json')) as Record<string, string>);
    expect(stored).toHaveLength(2);
    for (const [id, text] of stored) {
      expect(id).toBe(`sha256:${createHash('sha256').update(text).digest('hex')}`);
      expect(text).not.toContain('@connection');
      // Nothing is left for Apollo to add.
      const sent = print(new InMemoryCache().transformDocument(parse(text)));
      expect(sent).toBe(text);
    }
    expect(stored[0]?.[1]).toMatch(/^"What a user has\."\nquery Page/);
  });

  it('knows the type of every scalar of the schema, and no other', () => {
    const scalars = Object.values(schema.getTypeMap()).filter(isScalarType);
    expect(Object.keys(scalarTypes)).toEqual(scalars.map(({ name }) => name).sort());
  });

  it('states the types of each abstract type, and the types without an id', async () => {
    const { read } = await generate({ 'a.graphql': version });
    const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
    const possibleTypes = await read('possible-types.ts');
    for (const type of types.filter(isAbstractType)) expect(possibleTypes).toContain(`"${type.name}": [`);
    const keys = await read('graphcache.ts');
    const roots = ['Query', 'Mutation', 'Subscription'];
    for (const type of types.filter(isObjectType))
      expect(keys.includes(`  ${type.name}: () => null,`), type.name).toBe(
        !roots.includes(type.name) && !type.getFields().id,
      );
    const { __schema } = JSON.parse(await read('schema.json'));
    expect(__schema.queryType).toMatchObject({ name: 'Query' });
  });
});

describe('asof codegen with faulty documents', () => {
  it.each<[string, Record<string, string | Uint8Array>, (string | RegExp)[]]>([
    [
      'fields that the schema does not have, each by file and line',
      { 'a.graphql': 'query A {\n  server { nonsense }\n}', 'b.graphql': '# B\n\nquery B { nothing }' },
      [
        /^a\.graphql:2:12: Cannot query field "nonsense" on type "Server"/,
        /^b\.graphql:3:11: Cannot query field "nothing"/,
      ],
    ],
    ['a document that cannot be parsed', { 'a.graphql': 'query A {\n  server {' }, [/^a\.graphql:2:11: Syntax Error/]],
    [
      'bytes that are not UTF-8',
      { 'a.graphql': new Uint8Array([0x23, 0xff, 0x0a]) },
      ['a.graphql: the file is not UTF-8'],
    ],
    [
      'an operation without a name',
      { 'a.graphql': '\n{ server { version } }' },
      ['a.graphql:2:1: an operation without a name has no types: write one after `query`'],
    ],
    [
      'two operations of one name',
      { 'a.graphql': version, 'b.graphql': version },
      [/^a\.graphql:1:7: There can be only one operation named "Version"\. \(also b\.graphql:1:7\)$/],
    ],
    [
      'names whose types would be the same',
      { 'a.graphql': 'query my_version { server { version } }', 'b.graphql': 'query MyVersion { server { version } }' },
      ['b.graphql:1:1: the types of MyVersion and my_version have the same names: rename one (also a.graphql:1:1)'],
    ],
    [
      'variables that are not used or do not fit',
      { 'a.graphql': 'query A($id: Int!, $x: Int) { user(userId: $id) { id } }' },
      [
        /^a\.graphql:1:20: .*"\$x" is never used/,
        /^a\.graphql:1:9: Variable "\$id" of type "Int!" used in position expecting type "ID!"/,
      ],
    ],
    [
      'a literal that its scalar refuses',
      { 'a.graphql': 'query A { userStatus(userId: "1", date: "yesterday") { status } }' },
      [/^a\.graphql:1:41: .*yesterday/],
    ],
    [
      'a type definition',
      { 'a.graphql': 'type A { a: Int }' },
      [/^a\.graphql:1:1: The "A" definition is not executable/],
    ],
  ])('refuses %s, and writes nothing', async (_what, files, expected) => {
    const { code, stderr, folder } = await generate(files);
    expect(code).toBe(1);
    expect(stderr.sort()).toEqual(
      expected.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))),
    );
    expect(await readdir(folder)).toEqual(Object.keys(files));
  });

  it('refuses patterns that match nothing, and files of other kinds', async () => {
    const empty = await generate({});
    expect([empty.code, empty.stderr]).toEqual([2, ['asof: no file matches *.* (option --documents)']]);
    const other = await generate({ 'a.ts': '' });
    expect(other.code).toBe(2);
    expect(other.stderr[0]).toContain('a.ts is no .graphql or .gql file');
  });
});

describe('asof codegen --check and --watch', () => {
  it('names stale files, writes nothing, and accepts fresh ones', async () => {
    const { folder, out } = await generate({ 'a.graphql': version });
    const check = () => run(['codegen', '--documents', `${folder}/*.graphql`, '--out', out, '--check']);
    expect(await check()).toEqual({ code: 0, stdout: '', stderr: '' });
    await writeFile(join(folder, 'a.graphql'), 'query Other { server { version } }');
    const { code, stderr } = await check();
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual(
      ['graphql.ts', 'document-ids.ts', 'persisted-documents.json', 'persisted-query-manifest.json'].map(
        (name) => `${join(out, name)} is stale; run asof codegen`,
      ),
    );
    expect(await readFile(join(out, 'graphql.ts'), 'utf8')).toContain('VersionQuery');
  });

  it('generates again whenever a file changes, also after a fault', async () => {
    const folder = await folderOf({ 'a.graphql': version });
    const out = join(folder, 'out');
    const { child, output, closed } = startAsof([
      ...['codegen', '--documents', `${folder}/*.graphql`, '--out', out, '--watch'],
    ]);
    onTestFinished(() => void child.kill());
    const until = async (stream: 'stdout' | 'stderr', text: string): Promise<void> => {
      while (!output[stream].includes(text)) await once(child[stream], 'data');
    };
    await until('stdout', '7 files, 7 of them changed\n');
    await writeFile(join(folder, 'a.graphql'), 'query Broken { nothing }');
    await until('stderr', 'a.graphql:1:16: Cannot query field "nothing"');
    await writeFile(join(folder, 'b.graphql'), 'query Other { server { startedAt } }');
    await writeFile(join(folder, 'a.graphql'), version);
    await until('stdout', '7 files, 4 of them changed\n');
    child.kill('SIGINT');
    expect(await closed).toBe(0);
    expect(await readFile(join(out, 'graphql.ts'), 'utf8')).toContain('OtherQuery');
  });
});

describe('asof codegen --url', () => {
  const key = 'k-key-of-a-test-0123456789';

  it('reads the schema of a server with a key, and writes what it writes without a server', async () => {
    const { server } = await testServer({ settings: { apiKeys: `read:${key}` } });
    const args = ['--url', server.url];
    const byKey = await generate({ 'a.graphql': version }, { args, env: { ASOF_KEY: key } });
    expect(byKey.stderr).toEqual(['']);
    const offline = await generate({ 'a.graphql': version });
    for (const name of await readdir(offline.out)) expect(await byKey.read(name), name).toBe(await offline.read(name));
  });

  it('needs an admin key of a server that runs trusted documents only', async () => {
    const documents = fixture('clients/generated/persisted-documents.json');
    const { server } = await testServer({ settings: { apiKeys: `admin:${key}`, documents, trustedOnly: 'true' } });
    const args = ['--url', server.url];
    const without = await generate({ 'a.graphql': version }, { args });
    expect(without.code).toBe(3);
    expect(without.stderr[0]).toMatch(/^asof: http:.*\/graphql does not show its schema: .*/);
    expect((await generate({ 'a.graphql': version }, { args: [...args, '--key', key] })).code).toBe(0);
  });

  it.each([
    ['nonsense', 2, 'nonsense is no URL like http://127.0.0.1:4000 (option --url)'],
    ['http://127.0.0.1:9', 3, 'http://127.0.0.1:9/graphql cannot be read: '],
  ])('refuses %s', async (url, expected, message) => {
    const { code, stderr } = await generate({ 'a.graphql': version }, { args: ['--url', url] });
    expect(code).toBe(expected);
    expect(stderr[0]).toContain(message);
  });

  it('refuses an address that answers something else', async () => {
    const { server } = await testServer();
    const { code, stderr } = await generate({ 'a.graphql': version }, { args: ['--url', `${server.url}/docs`] });
    expect(code).toBe(3);
    expect(stderr[0]).toMatch(/docs .*: ./);
  });
});
