import { rm } from 'node:fs/promises';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { writeFolder } from '../support/documents.ts';
import { attack, faces, faultOf, sendTo, trustedDocuments } from '../support/hostile-faces.ts';

const ingest = 'ingest-key-of-a-test-0123456789';
const admin = 'admin-key-of-a-test-0123456789';

let documents: string;
let opened: OpenApp;
let server: HttpServer;
const bugs: unknown[] = [];

beforeAll(async () => {
  const log = pino({ level: 'error' }, { write: (line) => void bugs.push(JSON.parse(line)) });
  documents = await writeFolder({ 'd.graphql': trustedDocuments });
  opened = await openApp({ log, settings: { apiKeys: `ingest:${ingest},admin:${admin}`, documents } });
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

describe('mutations of requests are refused or answered, and reveal no bug', () => {
  it.each(faces.map((face) => [face.name, face] as const))('%s', async (_name, face) => {
    for (const body of face.bodies) {
      const answer = await sendTo(server.url, face, body, admin);
      expect([body, faultOf(answer), answer.status]).toEqual([body, null, expect.toSatisfy((code) => code < 500)]);
    }
    // `npm run test:faults` runs more of them, against a server of its own.
    await attack(face, { url: server.url, keys: [null, ingest, admin], numRuns: 40 });
  });
});
