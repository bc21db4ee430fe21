import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, type Server, serve } from '../cli/asof-process.ts';
import { hostileBodies } from '../support/hostile-documents.ts';
import { attack, faces, trustedDocuments } from '../support/hostile-faces.ts';
import { attackOperations, operationFaces } from '../support/hostile-operation-faces.ts';
import { isLong, seed } from './form.ts';
import { eventText, json, readiness, send } from './requests.ts';

const numRuns = isLong ? 2000 : 50;
/** Mutations of operations, over all ways in. */
const operationRuns = isLong ? 1000 : 90;
const key = '0123456789abcdef'.repeat(2);
const texts = hostileBodies.flatMap(({ body }) => (typeof body === 'string' && body.length < 20_000 ? [body] : []));
const queries = { name: 'queries', path: '/graphql', headers: json, bodies: texts };

const startSmall = async (): Promise<Server> => {
  const [data, documents] = [await folder(), await folder()];
  await writeFile(join(documents, 'd.graphql'), trustedDocuments);
  return serve(['--data', data, '--empty', '--documents', documents], 'cli', {
    ASOF_API_KEYS: `admin:${key}`,
    NODE_OPTIONS: '--max-old-space-size=200',
  });
};

/** Asks a server one question after the other until `attacked` resolves; resolves to the different answers. */
const probe = async ({ url }: Server, attacked: Promise<void>): Promise<string[]> => {
  const answers = new Set<string>();
  let isOver = false;
  const end = attacked.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    answers.add(await readiness(url));
    const { status } = await send(`${url}/graphql`, {
      headers: { ...json, 'x-api-key': key },
      body: '{"query":"{ server { version } }"}',
    });
    answers.add(`a question: ${status}`);
  }
  await end;
  return [...answers].sort();
};

/** Attacks a server and asks it meanwhile; then it must work and stop as if nothing had been. */
const survive = async (attackOn: (server: Server) => Promise<void>): Promise<void> => {
  const server = await startSmall();
  expect(await probe(server, attackOn(server))).toEqual(['200 ready', 'a question: 200']);
  const init = { headers: { ...json, 'x-api-key': key }, body: eventText('after') };
  expect(await send(`${server.url}/receive_event`, init)).toMatchObject({ status: 200 });
  expect(await server.stop()).toBe(0);
  expect(server.output.stderr).not.toMatch(/"level":(50|60)/);
};

describe('a server with a small heap survives mutations of hostile requests, reveals no bug and answers others meanwhile', () => {
  it.each([queries, ...faces].map((face) => [face.name, face] as const))('%s', async (_name, face) => {
    await survive(({ url }) => attack(face, { url, keys: [null, key], numRuns, seed }));
  });

  it('documents and variables', async () => {
    await survive(async ({ url }) => {
      const runs = Math.ceil(operationRuns / operationFaces.length);
      for (const face of operationFaces) await attackOperations(face, { url, keys: [key], numRuns: runs, seed });
    });
  });
});
