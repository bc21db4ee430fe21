import { createHash } from 'node:crypto';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp, origin } from '../../support/app.ts';
import { folderOf, getFrom, postTo } from '../../support/documents.ts';

const ownText = 'query OwnVersion {\n  server {\n    version\n  }\n}';
const changeText = 'mutation OwnChange {\n  recordStatusChanges(input: {changes: []}) {\n    __typename\n  }\n}';
const userText = 'query UserEngine {\n  server {\n    engine\n  }\n}';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
const idOf = (text: string): string => `sha256:${hashOf(text)}`;
const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });

interface Setup {
  readonly settings?: Readonly<Record<string, string>>;
  /** The texts of the web UI's own documents; null for a UI without a manifest. */
  readonly own?: readonly string[] | null;
  /** The operator's documents. */
  readonly users?: string;
}

/** An app with a web UI of its own. */
const open = async ({ settings = {}, own = [ownText, changeText], users }: Setup = {}): Promise<OpenApp> => {
  const manifest = JSON.stringify(Object.fromEntries((own ?? []).map((text) => [idOf(text), text])));
  const ui = await folderOf({
    'index.html': '<!doctype html>',
    ...(own === null ? {} : { 'documents.json': manifest }),
  });
  const documents = users === undefined ? {} : { documents: await folderOf({ 'users.graphql': users }) };
  const app = await openApp({ ui, settings: { ...documents, ...settings } });
  onTestFinished(app.close);
  return app;
};

const versionOf = { server: { version: expect.any(String) } };

describe('documents of the web UI', () => {
  it.each([
    ['nothing else', {}],
    ['--trusted-only', { settings: { trustedOnly: 'true' } }],
    ['documents of the operator', { users: userText }],
    ['documents of the operator and --trusted-only', { users: userText, settings: { trustedOnly: 'true' } }],
  ] as const)('run by their ids beside %s', async (_name, setup) => {
    const app = await open(setup);
    expect(await postTo(app, { documentId: idOf(ownText) })).toMatchObject({ status: 200, data: versionOf });
    expect(await postTo(app, { documentId: hashOf(ownText) })).toMatchObject({ status: 200, data: versionOf });
    expect(await postTo(app, { query: '', extensions: persisted(ownText) })).toMatchObject({ data: versionOf });
    expect(await getFrom(app, { documentId: idOf(ownText) })).toMatchObject({ status: 200, data: versionOf });
    const users = await postTo(app, { documentId: 'UserEngine' });
    if ('users' in setup) expect(users.data).toEqual({ server: { engine: 'SQLITE' } });
    else expect(users.code).toBe('NOT_FOUND');
  });

  it('are not found by the names of their operations', async () => {
    expect(await postTo(await open(), { documentId: 'OwnVersion' })).toMatchObject({ status: 404, code: 'NOT_FOUND' });
  });

  it('do not open --trusted-only to other text', async () => {
    const app = await open({ settings: { trustedOnly: 'true' } });
    expect(await postTo(app, { query: userText })).toMatchObject({ status: 403, code: 'NOT_ALLOWED' });
    expect(await postTo(app, { query: userText, extensions: persisted(ownText) })).toMatchObject({
      code: 'BAD_REQUEST',
    });
    expect(await postTo(app, { query: ownText })).toMatchObject({ status: 200, data: versionOf });
  });

  it('need the scopes of their operations', async () => {
    const app = await open({
      settings: { apiKeys: 'read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789', trustedOnly: 'true' },
    });
    for (const [text, key, status] of [
      [ownText, undefined, 401],
      [ownText, 'r-key-of-a-test-0123456789', 200],
      [ownText, 'i-key-of-a-test-0123456789', 403],
      [changeText, 'r-key-of-a-test-0123456789', 403],
      [changeText, 'i-key-of-a-test-0123456789', 200],
    ] as const) {
      const headers = key === undefined ? {} : { 'x-api-key': key };
      expect([text, key, (await postTo(app, { documentId: idOf(text) }, headers)).status]).toEqual([text, key, status]);
    }
  });

  it('are no tools of an assistant', async () => {
    const app = await open({ users: userText });
    const client = new Client({ name: 'test', version: '1' });
    const transport = new StreamableHTTPClientTransport(new URL(`${origin}/mcp`), {
      fetch: (input, init) => app.app.fetch(new Request(input, init)),
    });
    await client.connect(transport as Parameters<typeof client.connect>[0]);
    onTestFinished(() => client.close());
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['UserEngine']);
  });

  it('may be the same text as a document of the operator', async () => {
    const app = await open({ users: ownText });
    expect((await postTo(app, { documentId: idOf(ownText) })).data).toEqual(versionOf);
    expect((await postTo(app, { documentId: 'OwnVersion' })).data).toEqual(versionOf);
  });

  it('may be missing, except where nothing else could run', async () => {
    const app = await open({ own: null });
    expect(await postTo(app, { documentId: idOf(ownText) })).toMatchObject({ status: 404 });
    expect((await postTo(app, { query: ownText })).data).toEqual(versionOf);
    for (const own of [null, []])
      await expect(open({ own, settings: { trustedOnly: 'true' } })).rejects.toThrow(/trustedOnly needs documents/);
  });
});
