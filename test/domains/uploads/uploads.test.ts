import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { experimentEvents } from '../../../db/tables/index.ts';
import { type OpenApp, openApp, origin } from '../../support/app.ts';
import { dataFolder } from '../../support/store.ts';

const fresh = async (options: Parameters<typeof openApp>[0] = {}): Promise<OpenApp> => {
  const opened = await openApp({ onDisk: true, ...options });
  onTestFinished(opened.close);
  return opened;
};

const document = `mutation ($input: StartImportInput!) { startImport(input: $input) {
  __typename
  ... on StartImportPayload { import { id state source target read accepted rejected failure { code } } }
  ... on Error { code message }
} }`;

interface Answer {
  readonly startImport: {
    readonly __typename: string;
    readonly code?: string;
    readonly import?: { id: string; state: string; read: number };
  };
}

/** Sends a file as the GraphQL multipart request specification has it. */
const upload = async ({ app }: OpenApp, file: File, input: object) => {
  const body = new FormData();
  body.set(
    'operations',
    JSON.stringify({ query: document, variables: { input: { ...input, source: { file: null } } } }),
  );
  body.set('map', JSON.stringify({ 0: ['variables.input.source.file'] }));
  body.set('0', file);
  const headers = { accept: 'application/json' };
  const response = await app.fetch(new Request(`${origin}/graphql`, { method: 'POST', body, headers }));
  return (await response.json()) as { data?: Answer; errors?: { message: string; extensions?: { code?: string } }[] };
};

const sister = '[{"user_id": 1, "created_at": "2020-01-01", "status": "completed"}]';

describe('an uploaded file', () => {
  it('is imported under its name and removed afterwards', async () => {
    const opened = await fresh();
    const file = new File(['user_id,created_at,status\nü,2020-01-01,paying\nb,,\n'], 'C:\\data\\changes.csv');
    expect(await upload(opened, file, { target: 'STATUS_CHANGES' })).toEqual({
      data: {
        startImport: {
          __typename: 'StartImportPayload',
          import: {
            id: expect.any(String),
            state: 'SUCCEEDED_WITH_REJECTS',
            source: 'changes.csv',
            target: 'STATUS_CHANGES',
            read: 2,
            accepted: 1,
            rejected: 1,
            failure: null,
          },
        },
      },
    });
    expect(readdirSync(join(opened.data, 'uploads'))).toEqual([]);
    expect(opened.app.domains.userStatus.statusAt('ü', Date.UTC(2021, 0) * 1000).status).toBe('paying');
  });

  it('fails its import when it is not a table, and is removed, too', async () => {
    const opened = await fresh();
    const { data } = await upload(opened, new File([new Uint8Array([0x1f, 0x8b, 8, 0])], 'x.gz'), {
      target: 'TRANSACTIONS',
    });
    expect(data?.startImport).toMatchObject({ import: { state: 'FAILED', read: 0, failure: { code: 'NOT_A_TABLE' } } });
    expect(readdirSync(join(opened.data, 'uploads'))).toEqual([]);
  });

  it('is refused before it is stored when it is over the limit', async () => {
    const opened = await fresh({ settings: { uploadBytesMax: '2kB' } });
    const { errors, data } = await upload(opened, new File(['x'.repeat(5000)], 'x.csv'), { target: 'TRANSACTIONS' });
    expect(data?.startImport ?? null).toBeNull();
    expect(JSON.stringify(errors ?? {})).not.toContain('INTERNAL');
    expect(opened.app.domains.imports.importsByIds([1])).toEqual([null]);
  });

  it('may use another word for a status that the import maps', async () => {
    const opened = await fresh();
    const { data: refused } = await upload(opened, new File([sister], 's.json'), { target: 'STATUS_CHANGES' });
    expect(refused?.startImport.import).toMatchObject({ read: 1, accepted: 0, rejected: 1 });
    const { data: rejects } = await opened.query(
      '{ rejectedRecords { nodes { raw line problems { path code message } } } }',
    );
    expect(rejects).toMatchObject({
      rejectedRecords: {
        nodes: [
          {
            line: 1,
            raw: sister.slice(1, -1),
            problems: [{ path: 'status', code: 'NOT_ALLOWED', message: expect.stringContaining('"completed"') }],
          },
        ],
      },
    });
    const statusWords = [{ word: 'completed', status: 'CANCELLED' }];
    const { data: mapped } = await upload(opened, new File([sister], 's.json'), {
      target: 'STATUS_CHANGES',
      statusWords,
    });
    expect(mapped?.startImport.import).toMatchObject({ read: 1, accepted: 1, rejected: 0 });
    expect(opened.app.domains.userStatus.statusAt('1', Date.UTC(2021, 0) * 1000).status).toBe('cancelled');
  });

  it('may hold users, where the later row wins, or events, and adds nothing when it is imported again', async () => {
    const opened = await fresh();
    const users = () => new File(['user_id,country,gender\nu,SE,f\nu,NO,f\n'], 'users.csv');
    const event = { user_id: 'u', account_type: 'free', date: '2020-01-01', event_type: 'x', version: 'a' };
    const events = () => new File([JSON.stringify([event, event])], 'events.json');
    const files = [[users, 'USERS'] as const, [events, 'EXPERIMENT_EVENTS'] as const];
    for (const [file, target] of files)
      expect((await upload(opened, file(), { target })).data?.startImport.import).toMatchObject({
        state: 'SUCCEEDED',
        target,
        read: 2,
        accepted: 2,
      });
    for (const [file, target] of files)
      expect((await upload(opened, file(), { target })).data?.startImport.import).toMatchObject({
        accepted: 0,
        rejected: 0,
      });
    const { data } = await opened.query('{ user(userId: "u") { country gender } }');
    expect(data).toEqual({ user: { country: 'NO', gender: 'f' } });
    expect(opened.app.ledger.snapshot().sequence).toBe(4);
  });

  it('leaves no folder behind when the store is in memory', async () => {
    const opened = await fresh({ data: ':memory:' });
    const { data } = await upload(opened, new File([sister], 's.json'), { target: 'STATUS_CHANGES' });
    expect(data?.startImport.import).toMatchObject({ read: 1 });
    expect(readdirSync('.')).not.toContain(':memory:');
  });
});

describe('a file by location', () => {
  const text = 'user_id,created_at,status\na,2020-01-01,paying\n';
  const allowed = () => {
    const folder = dataFolder();
    const root = join(folder, 'allowed');
    mkdirSync(join(root, 'deep'), { recursive: true });
    mkdirSync(join(folder, 'allowed-not'));
    for (const path of ['allowed/in.csv', 'allowed/deep/in.csv', 'out.csv', 'allowed-not/out.csv'])
      writeFileSync(join(folder, path), text);
    symlinkSync(join(folder, 'out.csv'), join(root, 'link.csv'));
    symlinkSync(folder, join(root, 'up'));
    symlinkSync(join(root, 'deep'), join(root, 'inner'));
    return { folder, root };
  };
  const startImport = async (opened: OpenApp, location: string) => {
    const { data, errors } = await opened.query<Answer>(document, {
      input: { target: 'STATUS_CHANGES', source: { location } },
    });
    expect(errors).toBeUndefined();
    return data?.startImport;
  };

  it.each(['in.csv', 'deep/in.csv', 'deep/../in.csv', 'inner/in.csv', '/in.csv'])(
    'inside the folder is read: %s',
    async (location) => {
      const opened = await fresh({ settings: { importFolder: allowed().root } });
      expect(await startImport(opened, location)).toMatchObject({
        __typename: 'StartImportPayload',
        import: { state: 'SUCCEEDED', read: 1 },
      });
    },
  );

  it.each([
    '../out.csv',
    '../allowed-not/out.csv',
    'link.csv',
    'up/out.csv',
    'deep/../../out.csv',
    '/etc/passwd',
    '',
    '.',
    '..',
    'none.csv',
    'in.csv\0',
    '%2e%2e/out.csv',
    '..\\out.csv',
  ])('outside the folder, or not there, is refused with one text for all: %j', async (location) => {
    const opened = await fresh({ settings: { importFolder: allowed().root } });
    expect(await startImport(opened, location)).toEqual({
      __typename: 'SourceError',
      code: 'NOT_ALLOWED',
      message: 'location names no file in the folder that may be read (setting importFolder)',
    });
    expect(opened.app.domains.imports.importsByIds([1])).toEqual([null]);
  });

  it('is refused when no folder is set, and when the location is a folder', async () => {
    const { root } = allowed();
    expect(await startImport(await fresh(), join(root, 'in.csv'))).toMatchObject({ code: 'NOT_ALLOWED' });
    expect(await startImport(await fresh({ settings: { importFolder: root } }), 'deep')).toMatchObject({
      __typename: 'SourceError',
    });
  });
});

describe('an import in the background', () => {
  const lines = (count: number) =>
    ['user_id,created_at,status', ...Array.from({ length: count }, (_, index) => `u${index},2020-01-01,paying`)].join(
      '\n',
    );

  it('returns at once, and its node reports the progress', async () => {
    const opened = await fresh({ settings: { batchRecords: '100' } });
    const { data } = await upload(opened, new File([lines(5000)], 'l.csv'), { target: 'STATUS_CHANGES', wait: false });
    const started = data?.startImport.import;
    expect(started).toMatchObject({ state: 'RUNNING', read: 0 });
    const seen: number[] = [];
    for (let state = 'RUNNING'; state === 'RUNNING'; await delay(5)) {
      const node = 'query ($id: ID!) { node(id: $id) { ... on Import { state read accepted bytesRead bytesTotal } } }';
      const { data: now } = await opened.query<{ node: { state: string; read: number; accepted: number } }>(node, {
        id: started?.id,
      });
      expect(now?.node.read).toBe(now?.node.accepted);
      seen.push(now?.node.read ?? -1);
      state = now?.node.state ?? '';
    }
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    expect(seen.at(-1)).toBe(5000);
    // The import ends before its file is removed.
    await expect.poll(() => readdirSync(join(opened.data, 'uploads'))).toEqual([]);
  });

  it('continues where it stopped when the server ended and the file of events without ids is imported again', async () => {
    const data = dataFolder();
    const event = {
      user_id: 'u',
      account_type: 'free',
      date: '2020-01-01',
      event_type: null,
      order_value: null,
      version: 'a',
    };
    const text = `${JSON.stringify(event)}\n`.repeat(3000);
    const readOf = ({ app }: OpenApp, id: number) => app.domains.imports.importsByIds([id])[0]?.read ?? 0;
    let from = 0;
    for (const id of [1, 2]) {
      const opened = await fresh({ data, settings: { batchRecords: '10' } });
      await opened.app.domains.imports.endInterrupted();
      await upload(opened, new File([text], 'l.jsonl'), { target: 'EXPERIMENT_EVENTS', wait: false });
      while (readOf(opened, id) <= from) await delay(1);
      from = readOf(opened, id);
      await opened.close();
      await delay(50);
    }
    const last = await fresh({ data });
    await last.app.domains.imports.endInterrupted();
    const ended = await last.importFile('events', { name: 'l.jsonl', text });
    expect(ended).toMatchObject({ state: 'SUCCEEDED', read: 3000 });
    expect(ended.unchanged).toBeGreaterThanOrEqual(from);
    expect(last.app.store.count(experimentEvents)).toBe(3000);
    expect(last.app.store.verify().problems).toEqual([]);
  });

  it('is marked as interrupted when the server ends, and its file can be imported again', async () => {
    const data = dataFolder();
    const opened = await fresh({ data, settings: { batchRecords: '10' } });
    await upload(opened, new File([lines(5000)], 'l.csv'), { target: 'STATUS_CHANGES', wait: false });
    while ((opened.app.domains.imports.importsByIds([1])[0]?.read ?? 0) === 0) await delay(1);
    await opened.close();
    // Whatever the broken import still does after the close must not end the process.
    await delay(50);
    const next = await fresh({ data });
    const { imports } = next.app.domains;
    const [ended] = imports.importsByIds([1]);
    expect(ended).toMatchObject({ state: 'FAILED', failureCode: 'INTERRUPTED', read: ended?.accepted });
    expect(next.app.store.verify().problems).toEqual([]);
    const again = await next.importFile('user-status', { name: 'l.csv', text: lines(5000) });
    expect(again).toMatchObject({ read: 5000, unchanged: ended?.accepted, state: 'SUCCEEDED' });
  });
});
