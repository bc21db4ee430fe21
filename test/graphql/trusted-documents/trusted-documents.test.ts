import { createHash } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { folderOf, getFrom, postTo } from '../../support/documents.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const version = 'query Version {\n  server {\n    version\n  }\n}';
const engine = 'query Engine { server { engine } }';
const status =
  'query Status($userId: ID!, $date: DateTime! = "2025-01-01T00:00:00Z") { userStatus(userId: $userId, date: $date) { status } }';

const openWith = async (documents: string, settings: Record<string, string> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings: { documents, documentsWatchMs: '20', ...settings } });
  onTestFinished(app.close);
  return app;
};

const openFile = async (name: string, content: unknown, settings: Record<string, string> = {}): Promise<OpenApp> => {
  const folder = await folderOf({ [name]: typeof content === 'string' ? content : JSON.stringify(content) });
  return openWith(join(folder, name), settings);
};

const apolloManifest = (operations: readonly object[]) => ({
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations,
});

const hashOf = (sha256Hash: string, others: object = {}) => ({
  ...others,
  extensions: { persistedQuery: { version: 1, sha256Hash } },
});

describe('formats of trusted documents', () => {
  it('a map of the client preset is found with and without the prefix of its hashes, and by the hash of the text', async () => {
    const normalized = sha256('what the preset normalized');
    const app = await openFile('persisted-documents.json', {
      [normalized]: engine,
      [`sha256:${sha256(version)}`]: version,
    });
    for (const documentId of [normalized, `sha256:${normalized}`, sha256(engine), `sha256:${sha256(engine)}`])
      expect(await postTo(app, { documentId })).toMatchObject({ status: 200, data: { server: { engine: 'SQLITE' } } });
    for (const documentId of [sha256(version), `sha256:${sha256(version)}`])
      expect(await getFrom(app, { documentId })).toMatchObject({ status: 200, data: { server: { version: '0.1.0' } } });
  });

  it('a map of Relay is found by its own ids', async () => {
    const app = await openFile('persisted_queries.json', {
      '5d41402abc4b2a76b9719d911017c592': engine,
      'x-app:1': version,
    });
    expect(await postTo(app, { documentId: '5d41402abc4b2a76b9719d911017c592' })).toMatchObject({ status: 200 });
    expect(await postTo(app, { documentId: 'x-app:1' })).toMatchObject({ data: { server: { version: '0.1.0' } } });
  });

  it('a manifest of Apollo is found by documentId and by persistedQuery', async () => {
    const body = 'query Engine {\n  server {\n    engine\n    __typename\n  }\n}';
    const app = await openFile('manifest.json', apolloManifest([{ id: 'op-1', name: 'Engine', type: 'query', body }]));
    expect(await postTo(app, { documentId: 'op-1' })).toMatchObject({ data: { server: { __typename: 'Server' } } });
    expect(await postTo(app, hashOf('op-1'))).toMatchObject({ data: { server: { engine: 'SQLITE' } } });
    expect(await getFrom(app, hashOf('op-1'))).toMatchObject({ data: { server: { engine: 'SQLITE' } } });
    expect(await postTo(app, hashOf('op-1', { query: body }))).toMatchObject({
      data: { server: { engine: 'SQLITE' } },
    });
  });

  it('each operation of a folder is a document with the fragments of the folder', async () => {
    const folder = await folderOf({
      'a.graphql': 'query A { server { ...Parts } }\nquery B { server { engine } }',
      'parts.gql': 'fragment Parts on Server { ...Name engine }\nfragment Unused on Server { startedAt }',
      'notes.txt': 'no document',
    });
    await mkdir(join(folder, 'deep'));
    await writeFile(join(folder, 'deep', 'name.graphql'), 'fragment Name on Server { version }');
    const app = await openWith(folder);
    expect(await postTo(app, { documentId: 'A' })).toMatchObject({
      data: { server: { version: '0.1.0', engine: 'SQLITE' } },
    });
    expect(await postTo(app, { documentId: 'B' })).toMatchObject({ data: { server: { engine: 'SQLITE' } } });
    const printed =
      'query A {\n  server {\n    ...Parts\n  }\n}\n\nfragment Name on Server {\n  version\n}\n\nfragment Parts on Server {\n  ...Name\n  engine\n}';
    expect(await postTo(app, { documentId: `sha256:${sha256(printed)}` })).toMatchObject({ status: 200 });
  });

  it('a file with one operation is also found by the hash of the file', async () => {
    const text = '# The version.\nquery V { server { version } } # end\n';
    const app = await openWith(await folderOf({ 'v.graphql': text }));
    expect(await postTo(app, { documentId: `sha256:${sha256(text)}` })).toMatchObject({ status: 200 });
    expect(await postTo(app, { documentId: 'V' })).toMatchObject({ status: 200 });
  });

  it('a file of a mounted folder is read once, although Kubernetes keeps it behind links', async () => {
    const folder = await folderOf({});
    await mkdir(join(folder, '..2026_11_29'));
    await writeFile(join(folder, '..2026_11_29', 'v.graphql'), version);
    await symlink('..2026_11_29', join(folder, '..data'));
    await symlink('..data/v.graphql', join(folder, 'v.graphql'));
    expect(await postTo(await openWith(folder), { documentId: 'Version' })).toMatchObject({ status: 200 });
  });

  it('the examples are valid', async () => {
    const app = await openWith(fileURLToPath(new URL('../../../examples/documents', import.meta.url)));
    for (const [documentId, variables] of [
      ['UserStatusAt', { userId: 'u', date: '2025-01-01T00:00:00Z' }],
      ['CityOfAddress', { ip: '10.0.0.1' }],
      ['Revenue', {}],
      ['Dashboard', { symbols: ['a'] }],
    ] as const)
      expect(await postTo(app, { documentId, variables })).toMatchObject({ status: 200, code: undefined });
  });
});

describe('faulty documents', () => {
  it.each([
    ['x.json', '{', /x\.json:1: not a \.graphql file and not JSON/],
    ['x.json', '[]', /x\.json:1: not a manifest/],
    ['x.json', '{"a": 1}', /x\.json:1: not a manifest/],
    ['x.json', '{"": "{a}"}', /x\.json:1: not a manifest/],
    ['x.json', '{\n"a": "query {"}', /x\.json:2: the document a is not GraphQL: 1: Syntax Error/],
    ['x.json', '{\n"b": "{a}",\n"2": "{a}",\n"1": "query {"}', /x\.json:4: the document 1 is not GraphQL/],
    ['x.json', '{"a": "fragment F on Server { version }"}', /the document a has no operation/],
    ['x.json', '{"a": "query A {a} {b}"}', /several operations, so each needs a name/],
    ['x.json', JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 2, operations: [] }), /version/],
    [
      'x.json',
      JSON.stringify(apolloManifest([1, 2].map(() => ({ id: 'a', name: 'A', type: 'query', body: '{a}' })))),
      /the id a is used twice/,
    ],
    [
      'x.json',
      JSON.stringify({ a: engine, [`sha256:${sha256(engine)}`]: version }),
      /is also that of another document/,
    ],
    ['x.graphql', 'query A {', /x\.graphql:1: Syntax Error/],
    [
      'x.graphql',
      '\n\nquery A { server { version } }\n\nquery A { server { engine } }',
      /x\.graphql:5: the operation A is also defined at .*x\.graphql:3/,
    ],
    ['x.graphql', 'type A { a: Int }', /only operations and fragments/],
    [
      'x.graphql',
      'query A {a}\nfragment F on A {a}\nfragment F on A {b}',
      /x\.graphql:3: the fragment F is also defined/,
    ],
  ])('%s with %j is a reason not to start', async (name, text, message) => {
    const folder = await folderOf({ [name]: text });
    await expect(openApp({ settings: { documents: join(folder, name) } })).rejects.toThrow(message);
  });

  it('neither a missing file nor a folder without documents nor text that is not UTF-8 starts', async () => {
    const folder = await folderOf({});
    await expect(openApp({ settings: { documents: folder } })).rejects.toThrow(/has no \.graphql file/);
    await expect(openApp({ settings: { documents: join(folder, 'none') } })).rejects.toThrow(/cannot be read/);
    await writeFile(join(folder, 'x.json'), Buffer.from([0x22, 0xff, 0x22]));
    await expect(openApp({ settings: { documents: join(folder, 'x.json') } })).rejects.toThrow(/cannot be read/);
    await expect(openApp({ settings: { trustedOnly: 'true' }, ui: '' })).rejects.toThrow(/trustedOnly needs documents/);
  });

  it('a document that the schema does not accept is logged by name, and the others are served', async () => {
    const lines: { msg: string; document?: string; where?: string; messages?: string[] }[] = [];
    const folder = await folderOf({ 'a.graphql': `${engine}\nquery Old { server { gone } }` });
    const log = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
    const app = await openApp({ settings: { documents: folder }, log });
    onTestFinished(app.close);
    expect(lines).toContainEqual(
      expect.objectContaining({
        document: 'Old',
        where: `${join(folder, 'a.graphql')}:2`,
        messages: ['Cannot query field "gone" on type "Server".'],
      }),
    );
    expect(await postTo(app, { documentId: 'Engine' })).toMatchObject({ status: 200 });
    expect(await postTo(app, { documentId: 'Old' })).toMatchObject({ code: 'GRAPHQL_VALIDATION_FAILED' });
  });
});

describe('reloading', () => {
  it('changed documents are served, and a faulty file leaves the old ones in use until it is mended', async () => {
    const errors: string[] = [];
    const folder = await folderOf({ 'd.json': JSON.stringify({ a: engine }) });
    const file = join(folder, 'd.json');
    const log = pino({ level: 'error' }, { write: (line: string) => void errors.push(JSON.parse(line).msg) });
    const app = await openApp({ settings: { documents: file, documentsWatchMs: '10' }, log });
    onTestFinished(app.close);
    expect(await postTo(app, { documentId: 'b' })).toMatchObject({ status: 404, code: 'NOT_FOUND' });

    await writeFile(join(folder, 'next'), JSON.stringify({ b: version }));
    await rename(join(folder, 'next'), file);
    await expect.poll(() => postTo(app, { documentId: 'b' })).toMatchObject({ status: 200 });
    expect(await postTo(app, { documentId: 'a' })).toMatchObject({ status: 404 });

    await writeFile(file, '{"c": ');
    await expect.poll(() => errors).toHaveLength(1);
    expect(errors[0]).toMatch(
      /the trusted documents stay as they were: .*d\.json:1: not a \.graphql file and not JSON/,
    );
    expect(await postTo(app, { documentId: 'b' })).toMatchObject({ status: 200 });
    await rm(file);
    await expect.poll(() => errors).toHaveLength(2);
    expect(await postTo(app, { documentId: 'b' })).toMatchObject({ status: 200 });

    await writeFile(file, JSON.stringify({ c: engine }));
    await expect.poll(() => postTo(app, { documentId: 'c' })).toMatchObject({ status: 200 });
  });

  it('a new file of a folder is served', async () => {
    const folder = await folderOf({ 'a.graphql': engine });
    const app = await openWith(folder);
    await writeFile(join(folder, 'b.graphql'), version);
    await expect.poll(() => postTo(app, { documentId: 'Version' })).toMatchObject({ status: 200 });
  });
});

describe('requests by id', () => {
  const open = () => openFile('d.json', { status, engine, both: `${engine} query Other { server { version } }` });

  it('variables, their defaults and operationName apply', async () => {
    const app = await open();
    const variables = { userId: 'u-1' };
    const expected = { status: 200, data: { userStatus: { status: 'NON_PAYING' } } };
    expect(await postTo(app, { documentId: 'status', variables })).toMatchObject(expected);
    expect(await getFrom(app, { documentId: 'status', variables })).toMatchObject(expected);
    expect(await postTo(app, { documentId: 'both', operationName: 'Other' })).toMatchObject({
      data: { server: { version: '0.1.0' } },
    });
    expect(await postTo(app, { documentId: 'both' })).toMatchObject({ status: 400 });
  });

  it.each([
    [{ documentId: 'none' }, 404, 'NOT_FOUND', /there is no trusted document with the id "none"/],
    [{ documentId: 'engine', query: engine }, 400, 'BAD_REQUEST', /send neither query nor persistedQuery/],
    [hashOf('engine', { documentId: 'engine' }), 400, 'BAD_REQUEST', /send neither query nor persistedQuery/],
    [{ documentId: 7 }, 400, 'BAD_REQUEST', /documentId must be text, not 7/],
    [{ documentId: ['engine'] }, 400, 'BAD_REQUEST', /documentId must be text, not a list/],
    [{ query: { body: engine } }, 400, 'BAD_REQUEST', /query must be text, not an object/],
    [{ extensions: { persistedQuery: 'engine' } }, 400, 'BAD_REQUEST', /persistedQuery must be/],
    [{ extensions: { persistedQuery: { version: 2, sha256Hash: 'engine' } } }, 400, 'BAD_REQUEST', /version 1/],
    [{ variables: {} }, 400, 'BAD_REQUEST', /names no document/],
    [{ documentId: '' }, 400, 'BAD_REQUEST', /names no document/],
  ])('%j is refused', async (parameters, httpStatus, code, message) => {
    const result = await postTo(await open(), parameters);
    expect(result).toMatchObject({ status: httpStatus, code });
    expect(result.message).toMatch(message);
  });

  it('a mutation is refused by GET with 405, and two ids with 400', async () => {
    const app = await openFile('d.json', {
      m: 'mutation M { recordStatusChanges(input: { changes: [] }) { __typename } }',
      engine,
    });
    const result = await getFrom(app, { documentId: 'm' });
    expect(result).toMatchObject({ status: 405 });
    expect((await app.get('/graphql?documentId=engine&documentId=m')).status).toBe(400);
  });
});
