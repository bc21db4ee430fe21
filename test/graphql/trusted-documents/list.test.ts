import { describe, expect, it, onTestFinished } from 'vitest';
import { openApp } from '../../support/app.ts';
import { folderOf, postTo } from '../../support/documents.ts';

const query = `{ trustedDocuments { documentId documentIds name description operation
  variables { name type defaultValue } path file line text isValid problems } }`;

const files = {
  'a.graphql': `# The version,
# and nothing else.
query Version { server { version } }
`,
  'b.graphql': `query City($ips: [IP!]! , $first: Int! = 3) { imports(first: $first) { totalCount } }
mutation Change($input: RecordStatusChangesInput!) { recordStatusChanges(input: $input) { __typename } }
subscription Live { changes { sequence } }
`,
};

describe('the list of trusted documents', () => {
  it('has every operation with what clients need and what the schema says', async () => {
    const app = await openApp({ settings: { documents: await folderOf(files) } });
    onTestFinished(app.close);
    const { data } = await postTo(app, { query });
    const list = data?.trustedDocuments as Record<string, unknown>[];
    expect(list.map(({ name, operation, path, isValid, line }) => [name, operation, path, isValid, line])).toEqual([
      ['Version', 'QUERY', '/graphql?documentId=Version', true, 3],
      ['City', 'QUERY', '/graphql?documentId=City', false, 1],
      ['Change', 'MUTATION', null, true, 2],
      ['Live', 'SUBSCRIPTION', '/graphql?documentId=Live', true, 3],
    ]);
    expect(list[0]).toMatchObject({
      documentId: 'Version',
      documentIds: ['Version', expect.stringMatching(/^[0-9a-f]{64}$/), expect.stringMatching(/^[0-9a-f]{64}$/)],
      description: 'The version,\nand nothing else.',
      file: expect.stringMatching(/a\.graphql$/),
      text: 'query Version {\n  server {\n    version\n  }\n}',
      problems: [],
    });
    expect(list[1]).toMatchObject({
      description: null,
      variables: [
        { name: 'ips', type: '[IP!]!', defaultValue: null },
        { name: 'first', type: 'Int!', defaultValue: '3' },
      ],
      problems: ['Variable "$ips" is never used in operation "City".'],
    });
    for (const { path } of list.filter(({ operation, isValid }) => operation === 'QUERY' && isValid))
      expect((await app.get(String(path))).status).toBe(200);
  });

  it('is empty without documents, and for administrators only', async () => {
    const app = await openApp({
      settings: { apiKeys: 'admin:a-key-of-a-test-0123456789,read:r-key-of-a-test-0123456789' },
    });
    onTestFinished(app.close);
    expect(await postTo(app, { query })).toMatchObject({ status: 401 });
    expect(await postTo(app, { query }, { 'x-api-key': 'r-key-of-a-test-0123456789' })).toMatchObject({ status: 403 });
    expect((await postTo(app, { query }, { 'x-api-key': 'a-key-of-a-test-0123456789' })).data).toEqual({
      trustedDocuments: [],
    });
  });
});
