import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type HttpServer, openServer } from '../../src/http/server.ts';
import { type OpenApp, openApp } from '../support/app.ts';
import { sendEvents, sendUsers } from '../support/events.ts';
import { type HostileBody, hostileBodies } from '../support/hostile-documents.ts';
import { mutationOf } from '../support/hostile-mutations.ts';

const reader = 'reader-key-of-a-test-0123456789';
const admin = 'admin-key-of-a-test-0123456789';
const subscriptionsMax = 100;
const hasCountries = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`u${index}`, `C${index}`]));

let opened: OpenApp;
let server: HttpServer;
const bugs: unknown[] = [];

beforeAll(async () => {
  // Bugs are logged, also those whose answers are masked inside of a status of 200.
  const log = pino({ level: 'error' }, { write: (line) => void bugs.push(JSON.parse(line)) });
  opened = await openApp({
    log,
    settings: {
      ...{
        apiKeys: `read:${reader},admin:${admin}`,
        subscriptionsMax: String(subscriptionsMax),
        monitorCellsMax: '100',
      },
      ...{ sqlMsMax: '200', queryMsMax: '20000' },
    },
  });
  const lines = Array.from({ length: 2000 }, (_, index) =>
    JSON.stringify({
      ...{ click_id: index, created_at: '2020-01-01T12:00:00', product_id: 'p', product_price: 1, ip: '10.0.0.1' },
      user_id: `u${index}`,
    }),
  );
  await opened.importFile('transactions', { name: 't.jsonl', text: lines.join('\n') });
  await sendUsers(opened, hasCountries(20));
  await sendEvents(
    opened,
    Array.from({ length: 60 }, (_, index) => ({ userId: `u${index}`, experiment: 'wide', version: `v${index}` })),
  );
  server = await openServer(opened.app.fetch, {
    host: '127.0.0.1',
    port: 0,
    log,
    fastPath: opened.app.fastPath,
    compressBytesMin: 1000,
  });
}, 60_000);

afterAll(async () => {
  await server.stop();
  await opened.close();
});

interface Received {
  /** 0 when the server closed the connection instead of an answer. */
  readonly status: number;
  readonly text: string;
}

const textOf = async (answer: IncomingMessage): Promise<string> => {
  let text = '';
  answer.setEncoding('utf8');
  for await (const part of answer) text += part;
  return text;
};

/** An answer that comes before the end of the body counts, although the connection then ends. */
const send = ({ body, headers = {} }: HostileBody, key: string | null, path = '/graphql'): Promise<Received> =>
  new Promise((resolve) => {
    const sent = httpRequest(
      `${server.url}${path}`,
      {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'x-api-key': key }), ...headers },
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        textOf(answer).then(
          (text) => resolve({ status, text }),
          () => resolve({ status, text: '' }),
        );
      },
    );
    sent.on('error', () => resolve({ status: 0, text: '' }));
    sent.end(body);
  });

const normal = { name: '', body: '{"query":"{ transactions(first: 1) { nodes { userId } } }"}' };

const expectNormal = async (): Promise<void> => {
  const { status, text } = await send(normal, reader);
  expect([status, text]).toEqual([200, '{"data":{"transactions":{"nodes":[{"userId":"u0"}]}}}']);
};

interface Refusal {
  readonly message: string;
  readonly extensions: { readonly code: string };
}

/** What is refused says why, and is no bug. */
const expectPlain = ({ status, text }: Received): void => {
  expect([status, text]).not.toEqual([expect.toSatisfy((code: number) => code >= 500), expect.anything()]);
  expect(text).not.toContain('INTERNAL');
  expect(text.length).toBeLessThan(1_000_000);
  if (status < 400 || !text.startsWith('{')) return;
  // What is refused before it is known to be of GraphQL has one error, as from other routes.
  const answer = JSON.parse(text) as { errors?: readonly Refusal[]; error?: { code: string; message: string } };
  const { errors = [] } = answer;
  const all = answer.error ? [...errors, { message: answer.error.message, extensions: answer.error }] : errors;
  expect(all).not.toEqual([]);
  for (const { message, extensions } of all) {
    expect(message.length).toBeGreaterThan(10);
    expect(extensions.code).toMatch(/^[A-Z_]+$/);
  }
};

afterEach(async () => {
  expect(bugs).toEqual([]);
  await expectNormal();
});

describe('a hostile request is refused or answered, and the next one is answered', () => {
  it.each(hostileBodies.map((body) => [body.name, body] as const))('%s', async (_name, body) => {
    for (const key of [null, reader, admin]) expectPlain(await send(body, key));
  });
});

/** Bodies of REST routes, none of which has an end in time. */
const restBodies: readonly (readonly [path: string, type: string, body: string])[] = [
  ['/sql', 'application/json', `{"query":"select 1","parameters":${'['.repeat(50_000)}${']'.repeat(50_000)}}`],
  ['/sql', 'application/json', `{"query":"select 1","parameters":[${'1,'.repeat(1_000_000)}1]}`],
  ['/sql', 'application/json', `{"query":"select 1","parameters":["${'x'.repeat(3_000_000)}"]}`],
  ['/sql', 'application/sql', `select ${'1+'.repeat(100_000)}1`],
  ['/initial', 'application/json', `{"uuid":${'{"a":'.repeat(50_000)}1${'}'.repeat(50_000)}}`],
  ['/initial', 'application/x-www-form-urlencoded', 'uuid=1&'.repeat(100_000)],
  ['/events', 'application/x-ndjson', `{"a":"${'x'.repeat(3_000_000)}`],
  ['/events', 'application/json', `[${'{},'.repeat(1000)}{}]`],
];

describe('a hostile body of a REST route is refused, and the next request is answered', () => {
  it.each(restBodies)('%s %s', async (path, type, body) => {
    for (const key of [null, reader, admin])
      expectPlain(await send({ name: '', body, headers: { 'content-type': type } }, key, path));
  });
});

it('an experiment of more countries and variants than a report may have is refused, and no other', async () => {
  const ask = async (experiment: string) => {
    const query = `{ monitor(experiment: "${experiment}") { deployment { variant } } }`;
    return (await send({ name: '', body: JSON.stringify({ query }) }, reader)).text;
  };
  expect(await ask('wide')).toContain(
    '21 countries with 60 variants, more than 100 together (setting monitorCellsMax)',
  );
  expect(await ask('wide')).toContain('"code":"LIMIT_EXCEEDED"');
});

it('a multipart body of more parts than an upload may have is refused, however its chunks are divided', async () => {
  const parts = (count: number): string =>
    Array.from(
      { length: count },
      (_, index) => `--bound\r\ncontent-disposition: form-data; name="p${index}"\r\n\r\nx\r\n`,
    ).join('');
  const ask = async (count: number, size: number): Promise<string> => {
    const bytes = Buffer.from(`${parts(count)}--bound--\r\n`);
    const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
      bytes.subarray(index * size, (index + 1) * size),
    );
    const headers = { 'content-type': 'multipart/form-data; boundary=bound', 'x-api-key': admin };
    const body = new Blob(chunks).stream();
    const init = { method: 'POST', headers, body, duplex: 'half' } as RequestInit;
    return (await opened.app.fetch(new Request('http://127.0.0.1/graphql', init))).text();
  };
  for (const size of [3, 7, 10_000]) {
    expect(await ask(100, size)).toContain('the part operations is missing');
    expect(await ask(101, size)).toContain('more than 100 parts (setting uploadPartsMax)');
  }
});

const texts = hostileBodies.flatMap(({ body }) => (typeof body === 'string' && body.length < 20_000 ? [body] : []));

it('mutations of hostile requests are refused or answered', async () => {
  await fc.assert(
    fc.asyncProperty(mutationOf(texts), fc.constantFrom(null, reader, admin), async (body, key) => {
      expectPlain(await send({ name: '', body }, key));
    }),
    { numRuns: 300 },
  );
}, 60_000);

describe('connections', () => {
  it('bodies that end early or never come hold up nobody', async () => {
    const head = `POST /graphql HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\nx-api-key: ${reader}\r\n`;
    const starts = [
      `${head}content-length: 1000\r\n\r\n{"query":`,
      `${head}transfer-encoding: chunked\r\n\r\n5\r\n{"que`,
      `${head}transfer-encoding: chunked\r\n\r\nffffffff\r\n{"que`,
      `${head}content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
      `${head}content-length: -1\r\n\r\n`,
      `${head}content-length: 99999999999999999999\r\n\r\n{}`,
      head,
      '\r\n\r\n\0\0\0',
      `POST /graphql HTTP/1.1\r\nhost: ${'h'.repeat(20_000)}\r\n\r\n`,
    ];
    const { port } = new URL(server.url);
    const sockets = Array.from({ length: 20 }, () => starts)
      .flat()
      .map((start) => {
        const socket = connect(Number(port), '127.0.0.1').on('error', () => undefined);
        socket.resume().write(start);
        return socket;
      });
    await expectNormal();
    for (const socket of sockets) socket.destroy();
    await expectNormal();
  });

  it('clients that leave before their answers end nothing but their own work', async () => {
    const query = `{ ${Array.from({ length: 20 }, (_, index) => `a${index}: enrichedAggregate(groupBy: [USER]) { totalCount }`).join(' ')} }`;
    const left = Array.from({ length: 20 }, () => {
      const sent = httpRequest(`${server.url}/graphql`, {
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', 'x-api-key': reader },
      });
      sent.on('error', () => undefined);
      sent.end(JSON.stringify({ query }), () => setImmediate(() => sent.destroy()));
      return sent;
    });
    await expectNormal();
    for (const sent of left) sent.destroy();
  });

  it('of 1000 subscriptions, those above the limit are refused, and there is room again when the others leave', async () => {
    const query = 'subscription { eventRecorded { userId } }';
    const url = `${server.url}/graphql?${new URLSearchParams({ query })}`;
    const headers = { accept: 'text/event-stream', 'x-api-key': reader };
    /** Opens as many, and leaves once the answers of those that are refused are complete. */
    const refusals = async (count: number, refused: number): Promise<string[]> => {
      const texts: string[] = [];
      const clients = Array.from({ length: count }, () => httpRequest(url, { agent: false, headers }));
      await new Promise<void>((resolve, reject) => {
        for (const client of clients) {
          client.on('error', reject).on('response', (answer: IncomingMessage) => {
            textOf(answer).then(
              (text) => texts.push(text) === refused && resolve(),
              () => undefined,
            );
          });
          client.end();
        }
      });
      await expectNormal();
      for (const client of clients) client.on('error', () => undefined).destroy();
      return texts;
    };
    const texts = await refusals(1000, 1000 - subscriptionsMax);
    for (const text of texts) {
      expect(text).toContain('"code":"OVERLOADED"');
      expect(text).toContain('(setting subscriptionsMax)');
    }
    const beginning = async (): Promise<string> => {
      const response = await fetch(url, { headers });
      const reading = response.body?.getReader();
      const { value } = (await reading?.read()) ?? {};
      await reading?.cancel();
      return new TextDecoder().decode(value);
    };
    await expect.poll(beginning).toBe(':\n\n');
    expect(await refusals(subscriptionsMax + 1, 1)).toHaveLength(1);
  }, 60_000);

  it('floods of documents to register, known and unknown, change nothing for others', async () => {
    const hash = (index: number) => index.toString(16).padStart(64, '0');
    const answers = await Promise.all(
      Array.from({ length: 500 }, (_, index) =>
        send(
          {
            name: '',
            body: JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: hash(index) } } }),
          },
          index % 2 === 0 ? reader : null,
        ),
      ),
    );
    for (const { status, text } of answers)
      expect([status, text]).toEqual([200, expect.stringContaining('PERSISTED_QUERY_NOT_FOUND')]);
  });
});
