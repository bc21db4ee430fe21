import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type GraphqlResult, type OpenApp, origin } from './app.ts';

/** A folder with these files, removed with the test. */
export const folderOf = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await writeFolder(files);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** A folder with these files; whoever calls removes it. */
export const writeFolder = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-documents-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  return folder;
};

export interface DocumentResult extends GraphqlResult<Record<string, unknown>> {
  readonly status: number;
  readonly code: unknown;
  readonly message: string | undefined;
}

const resultOf = async (response: Response): Promise<DocumentResult> => {
  const text = await response.text();
  const body = (text.startsWith('{') ? JSON.parse(text) : {}) as GraphqlResult<Record<string, unknown>>;
  const [first] = body.errors ?? [];
  return { ...body, status: response.status, code: first?.extensions?.code, message: first?.message };
};

/** POSTs parameters as JSON, or a body as it is. */
export const postTo = async (
  { get }: OpenApp,
  body: object | string,
  headers: Readonly<Record<string, string>> = {},
): Promise<DocumentResult> =>
  resultOf(
    await get('/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  );

/** The address of a GET with these parameters, objects as JSON. */
export const addressOf = (parameters: Readonly<Record<string, unknown>>, path = '/graphql'): string => {
  const url = new URL(path, origin);
  for (const [name, value] of Object.entries(parameters))
    url.searchParams.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  return `${url.pathname}${url.search}`;
};

export const getFrom = async (
  { get }: OpenApp,
  parameters: Readonly<Record<string, unknown>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<DocumentResult> =>
  resultOf(await get(addressOf(parameters), { headers: { accept: 'application/json', ...headers } }));
