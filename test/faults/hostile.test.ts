import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { folder, serve } from '../cli/asof-process.ts';
import { hostileBodies } from '../support/hostile-documents.ts';
import { attack, faces, trustedDocuments } from '../support/hostile-faces.ts';
import { isLong, seed } from './form.ts';
import { eventText, json, send } from './requests.ts';

const numRuns = isLong ? 2000 : 50;
const key = '0123456789abcdef'.repeat(2);
const texts = hostileBodies.flatMap(({ body }) => (typeof body === 'string' && body.length < 20_000 ? [body] : []));
const queries = { name: 'queries', path: '/graphql', headers: json, bodies: texts };

describe('a server with a small heap survives mutations of hostile requests, and reveals no bug', () => {
  it.each([queries, ...faces].map((face) => [face.name, face] as const))('%s', async (_name, face) => {
    const [data, documents] = [await folder(), await folder()];
    await writeFile(join(documents, 'd.graphql'), trustedDocuments);
    const server = await serve(['--data', data, '--empty', '--documents', documents], 'cli', {
      ASOF_API_KEYS: `admin:${key}`,
      NODE_OPTIONS: '--max-old-space-size=200',
    });
    await attack(face, { url: server.url, keys: [null, key], numRuns, seed });
    const init = { headers: { ...json, 'x-api-key': key }, body: eventText('after') };
    expect(await send(`${server.url}/receive_event`, init)).toMatchObject({ status: 200 });
    expect(await server.stop()).toBe(0);
    expect(server.output.stderr).not.toMatch(/"level":(50|60)/);
  });
});
