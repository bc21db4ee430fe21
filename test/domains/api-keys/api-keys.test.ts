import { describe, expect, it, onTestFinished } from 'vitest';
import { type OpenApp, openApp } from '../../support/app.ts';
import { postTo } from '../../support/documents.ts';

const open = async (
  settings: Readonly<Record<string, string>> = {
    apiKeys: 'admin:a-key-of-a-test-0123456789,read:r-key-of-a-test-0123456789',
  },
) => {
  const app = await openApp({ settings });
  onTestFinished(app.close);
  return app;
};

const admin = { 'x-api-key': 'a-key-of-a-test-0123456789' };

const list = '{ apiKeys { name scopes createdAt revokedAt } }';
const add = `mutation ($input: AddApiKeyInput!) { addApiKey(input: $input) { __typename
  ... on AddApiKeyPayload { key apiKey { name scopes revokedAt } } ... on Error { code message } } }`;
const revoke = `mutation ($name: String!) { revokeApiKey(input: { name: $name }) { __typename
  ... on RevokeApiKeyPayload { apiKey { name revokedAt } } ... on Error { code message } } }`;

interface Added {
  readonly __typename: string;
  readonly key: string;
  readonly apiKey: unknown;
  readonly code: string;
  readonly message: string;
}

const addKey = async (app: OpenApp, input: object, headers: Readonly<Record<string, string>> = admin) =>
  (await postTo(app, { query: add, variables: { input } }, headers)).data?.addApiKey as Added;

describe('API keys by GraphQL', () => {
  it('a key is returned once, can be used at once, and no longer once it is revoked', async () => {
    const app = await open();
    expect((await postTo(app, { query: list }, admin)).data).toEqual({ apiKeys: [] });
    const { key, ...added } = await addKey(app, { name: 'shop', scopes: ['INGEST', 'READ'] });
    const stored = { name: 'shop', scopes: ['INGEST', 'READ'], revokedAt: null };
    expect(added).toEqual({ __typename: 'AddApiKeyPayload', apiKey: stored });
    const viewer = async () =>
      (await postTo(app, { query: '{ viewer { name scopes } }' }, { 'x-api-key': key })).data?.viewer;
    expect(await viewer()).toEqual({ name: 'shop', scopes: ['INGEST', 'READ'] });
    const listed = await postTo(app, { query: list }, admin);
    expect(listed.data).toEqual({ apiKeys: [{ ...stored, createdAt: expect.any(String) }] });
    expect(JSON.stringify(listed.data)).not.toContain(key);
    const revoked = async () =>
      (await postTo(app, { query: revoke, variables: { name: 'shop' } }, admin)).data?.revokeApiKey;
    const first = await revoked();
    expect(first).toEqual({
      __typename: 'RevokeApiKeyPayload',
      apiKey: { name: 'shop', revokedAt: expect.any(String) },
    });
    expect(await revoked()).toEqual(first);
    expect(await viewer()).toEqual({ name: null, scopes: [] });
    expect(app.app.domains.apiKeys.list()).toHaveLength(1);
  });

  it.each([
    [{ name: '', scopes: ['READ'] }, 'ValidationError', /name of a key/],
    [{ name: 'a b', scopes: ['READ'] }, 'ValidationError', /name of a key/],
    [{ name: 'environment-1', scopes: ['READ'] }, 'ValidationError', /reserved/],
    [{ name: 'x', scopes: [] }, 'ValidationError', /at least one scope/],
    [{ name: 'known', scopes: ['READ'] }, 'ConflictError', /exists or was revoked/],
  ])('%j is a %s', async (input, type, message) => {
    const app = await open();
    await app.app.domains.apiKeys.add('known', ['read']);
    expect(await addKey(app, input)).toEqual({
      __typename: type,
      code: expect.any(String),
      message: expect.stringMatching(message),
    });
    expect(app.app.domains.apiKeys.list()).toHaveLength(1);
  });

  it('a key that does not exist, such as one of the settings, cannot be revoked', async () => {
    const app = await open();
    for (const name of ['none', 'environment-1'])
      expect((await postTo(app, { query: revoke, variables: { name } }, admin)).data?.revokeApiKey).toMatchObject({
        __typename: 'NotFoundError',
      });
  });

  it('the last key, and the last of scope admin, is revoked only when that is said', async () => {
    const app = await open({});
    const { key } = await addKey(app, { name: 'me', scopes: ['ADMIN'] }, {});
    const headers = { 'x-api-key': key };
    await addKey(app, { name: 'reader', scopes: ['READ'] }, headers);
    const answerTo = async (name: string, evenIfLast: boolean) => {
      const query = `mutation { revokeApiKey(input: { name: "${name}", evenIfLast: ${evenIfLast} }) { __typename ... on Error { message } } }`;
      return (await postTo(app, { query }, headers)).data?.revokeApiKey;
    };
    expect(await answerTo('me', false)).toEqual({
      __typename: 'ConflictError',
      message: expect.stringMatching(/^me is the last key of scope admin/),
    });
    expect(await answerTo('reader', false)).toMatchObject({ __typename: 'RevokeApiKeyPayload' });
    expect(await answerTo('me', false)).toMatchObject({ message: expect.stringMatching(/^me is the last key:/) });
    expect(await answerTo('me', true)).toMatchObject({ __typename: 'RevokeApiKeyPayload' });
    expect((await postTo(app, { query: list }, headers)).status).toBe(401);
  });

  it('only the scope admin may see and change keys', async () => {
    const app = await open({
      apiKeys:
        'admin:a-key-of-a-test-0123456789,read:r-key-of-a-test-0123456789,ingest:i-key-of-a-test-0123456789,read:both-key-of-a-test-0123456789,ingest:both-key-of-a-test-0123456789',
    });
    const variables = { input: { name: 'x', scopes: ['ADMIN'] }, name: 'x' };
    for (const query of [list, add, revoke])
      for (const [headers, status] of [
        [{}, 401],
        [{ 'x-api-key': 'r-key-of-a-test-0123456789' }, 403],
        [{ 'x-api-key': 'i-key-of-a-test-0123456789' }, 403],
        [{ 'x-api-key': 'both-key-of-a-test-0123456789' }, 403],
        [admin, 200],
      ] as const)
        expect([query, headers, (await postTo(app, { query, variables }, headers)).status]).toEqual([
          query,
          headers,
          status,
        ]);
  });

  it('whoever adds the first key of an open server needs it from then on', async () => {
    const app = await open({});
    const { key } = await addKey(app, { name: 'me', scopes: ['ADMIN'] }, {});
    expect((await postTo(app, { query: list })).status).toBe(401);
    expect((await postTo(app, { query: list }, { 'x-api-key': key })).data).toMatchObject({
      apiKeys: [{ name: 'me' }],
    });
  });
});
