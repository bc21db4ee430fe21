import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { writeFolder } from '../support/documents.ts';
import { trustedDocuments } from '../support/hostile-faces.ts';
import { attackOperations, operationFaces, operations } from '../support/hostile-operation-faces.ts';

const admin = 'admin-key-of-a-test-0123456789';

let documents: string;
let opened: OpenApp;
let server: HttpServer;
const bugs: unknown[] = [];

beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line) => void bugs.push(JSON.parse(line)) });
  documents = await writeFolder({ 'd.graphql': trustedDocuments });
  opened = await openApp({ log, settings: { apiKeys: `admin:${admin}`, documents } });
  const { app } = opened;
  server = await openServer(app.fetch, { host: '127.0.0.1', port: 0, log, fastPath: app.fastPath });
});

afterAll(async () => {
  await server.stop();
  await opened.close();
  await rm(documents, { recursive: true });
});

afterEach(() => {
  expect(bugs.splice(0)).toEqual([]);
});

it('operations are accepted as they are', async () => {
  for (const { query, variables } of operations.filter((each) => !each.query.startsWith('subscription'))) {
    const body = `{"query":${JSON.stringify(query)},"variables":${variables}}`;
    const headers = { 'content-type': 'application/json', 'x-api-key': admin };
    const answer = await opened.app.fetch(new Request(`${server.url}/graphql`, { method: 'POST', headers, body }));
    expect([query, await answer.json()]).toEqual([query, { data: expect.anything() }]);
  }
});

describe('operations with mutations of their documents and variables are refused or answered, and reveal no bug', () => {
  // `npm run test:faults` runs more of them, against a server of its own.
  it.each(operationFaces.map((face) => [face.name, face] as const))('%s', async (_name, face) => {
    await attackOperations(face, { url: server.url, keys: [null, admin], numRuns: Number(process.env.RUNS ?? 30) });
  });
});
