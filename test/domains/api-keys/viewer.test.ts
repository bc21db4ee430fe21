import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../../schema/schema.ts';
import { type OpenApp, openApp } from '../../support/app.ts';
import { folderOf, postTo } from '../../support/documents.ts';

const viewer = '{ viewer { name scopes authentication } }';

const open = async (settings: Readonly<Record<string, string>> = {}): Promise<OpenApp> => {
  const app = await openApp({ settings });
  onTestFinished(app.close);
  return app;
};

const viewerWith = async (app: OpenApp, headers: Readonly<Record<string, string>> = {}) =>
  (await postTo(app, { query: viewer }, headers)).data?.viewer;

describe('viewer', () => {
  it('without keys everybody is an administrator', async () => {
    expect(await viewerWith(await open())).toEqual({ name: null, scopes: ['ADMIN'], authentication: false });
  });

  it('with keys it says whose key it is and what the key may do', async () => {
    const app = await open({
      apiKeys:
        'read:r-key-of-a-test-0123456789,ingest:both-key-of-a-test-0123456789,read:both-key-of-a-test-0123456789',
    });
    const shop = await app.app.domains.apiKeys.add('shop', ['ingest']);
    const admin = await app.app.domains.apiKeys.add('boss', ['admin']);
    for (const [headers, name, scopes] of [
      [{}, null, []],
      [{ 'x-api-key': 'unknown' }, null, []],
      [{ authorization: 'Basic eA==' }, null, []],
      [{ 'x-api-key': 'r-key-of-a-test-0123456789' }, 'environment-1', ['READ']],
      [{ 'x-api-key': 'both-key-of-a-test-0123456789' }, 'environment-2', ['INGEST', 'READ']],
      [{ 'x-api-key': shop }, 'shop', ['INGEST']],
      [{ authorization: `Bearer ${admin}` }, 'boss', ['ADMIN']],
    ] as const)
      expect(await viewerWith(app, headers)).toEqual({ name, scopes, authentication: true });
    await app.app.domains.apiKeys.revoke('shop', { evenIfLast: true });
    expect(await viewerWith(app, { 'x-api-key': shop })).toEqual({ name: null, scopes: [], authentication: true });
  });

  it('makes nothing else readable', async () => {
    const app = await open({ apiKeys: 'read:r-key-of-a-test-0123456789' });
    for (const query of [
      '{ viewer { name } server { version } }',
      '{ ...A } fragment A on Query { viewer { name } ... { x: experiments { key } } }',
      'query A { viewer { name } } query B { server { version } }',
      'query A($yes: Boolean = true) { viewer { name } server @skip(if: $yes) { version } }',
      'mutation { viewer: excludeUsers(input: { userIds: [], reason: "x" }) { __typename } }',
      'subscription { viewer: changes { sequence } }',
    ]) {
      const parameters = query.includes('query B') ? { query, operationName: 'B' } : { query };
      expect([query, await postTo(app, parameters)]).toMatchObject([query, { status: 401, code: 'UNAUTHENTICATED' }]);
    }
    const operationName = 'A';
    const both = 'query A { viewer { authentication } } query B { server { version } }';
    expect((await postTo(app, { query: both, operationName })).data).toEqual({ viewer: { authentication: true } });
  });

  it('is the only public field', () => {
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const isPublic = roots.flatMap((root) =>
      Object.values(root?.getFields() ?? {}).filter(({ extensions }) => 'isPublic' in extensions),
    );
    expect(isPublic.map(({ name }) => name)).toEqual(['viewer']);
  });

  it('is not remembered for another caller', async () => {
    const app = await open({ apiKeys: 'read:r-key-of-a-test-0123456789' });
    const path = `/graphql?query=${encodeURIComponent(viewer)}`;
    const get = async (headers: Record<string, string>) => {
      const response = await app.get(path, { headers: { accept: 'application/json', ...headers } });
      expect(response.headers.get('etag')).toBeNull();
      return ((await response.json()) as { data: { viewer: { name: string | null } } }).data.viewer.name;
    };
    for (const [key, name] of [
      ['r-key-of-a-test-0123456789', 'environment-1'],
      ['unknown', null],
      ['r-key-of-a-test-0123456789', 'environment-1'],
    ] as const)
      expect(await get({ 'x-api-key': key })).toBe(name);
  });

  it('may be sent by its id only where trusted documents alone may run', async () => {
    const documents = await folderOf({ 'a.graphql': `query Who ${viewer}` });
    const app = await open({ apiKeys: 'read:r-key-of-a-test-0123456789', documents, trustedOnly: 'true' });
    expect(await postTo(app, { query: viewer })).toMatchObject({ code: 'NOT_ALLOWED' });
    expect((await postTo(app, { documentId: 'Who' })).data).toEqual({
      viewer: { name: null, scopes: [], authentication: true },
    });
  });
});
