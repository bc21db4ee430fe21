import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { ToolListChangedNotificationSchema } from '@modelcontextprotocol/sdk/types.js';
import { describe, expect, it, onTestFinished } from 'vitest';
import { folderOf } from '../support/documents.ts';
import { asof, folder } from './asof-process.ts';

const documents = `# The status of a user.
query Status($userId: ID!) { userStatus(userId: $userId, date: "2025-06-01") { status } }
mutation Start($input: StartConversationInput!) { startConversation(input: $input) { __typename } }`;

const changes = JSON.stringify([{ user_id: 'u-1', status: 'paying', created_at: '2025-01-01T00:00:00Z' }]);

const connect = async (data: string, path: string): Promise<Client> => {
  const program = fileURLToPath(new URL('../../dist/src/cli.js', import.meta.url));
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [program, 'mcp', '--data', data, '--documents', path],
    env: { ASOF_DOCUMENTS_WATCH_MS: '20' },
  });
  const client = new Client({ name: 'test', version: '1' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return client;
};

const prepared = async () => {
  const data = await folder();
  const path = await folderOf({ 'd.graphql': documents, 'changes.json': changes });
  const imported = await asof(['import', 'user-status', join(path, 'changes.json'), '--data', data]);
  expect(imported).toMatchObject({ code: 0 });
  return { data, path };
};

describe('asof mcp', () => {
  it('serves the documents as tools over stdio, sees what other processes record, and says when tools change', async () => {
    const { data, path } = await prepared();
    const client = await connect(data, path);
    const { tools } = await client.listTools();
    expect(tools.map(({ name, description }) => [name, description])).toEqual([
      ['Status', 'The status of a user.'],
      ['Start', expect.any(String)],
    ]);
    const status = async (userId: unknown) =>
      (await client.callTool({ name: 'Status', arguments: { userId } })).structuredContent;
    expect(await status('u-1')).toEqual({ userStatus: { status: 'PAYING' } });
    expect(await status('u-2')).toEqual({ userStatus: { status: 'NON_PAYING' } });
    expect(await status(2 ** 53)).toMatchObject({
      errors: [{ message: expect.stringContaining('send them as text') }],
    });

    await writeFile(join(path, 'more.json'), changes.replace('u-1', 'u-2'));
    expect(await asof(['import', 'user-status', join(path, 'more.json'), '--data', data])).toMatchObject({ code: 0 });
    expect(await status('u-2')).toEqual({ userStatus: { status: 'PAYING' } });

    const changed = new Promise<void>((resolve) => {
      client.setNotificationHandler(ToolListChangedNotificationSchema, () => resolve());
    });
    await writeFile(join(path, 'd.graphql'), 'query Version { server { version } }');
    await changed;
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['Version']);
  });

  it('ends with its client, and says what is missing', async () => {
    const { data, path } = await prepared();
    expect(await asof(['mcp', '--data', data, '--documents', path])).toMatchObject({ code: 0, stdout: '' });
    expect(await asof(['mcp', '--data', data])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--documents'),
    });
    const missing = await asof(['mcp', '--data', data, '--documents', join(path, 'none')]);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be read') });
  });
});
