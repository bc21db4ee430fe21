import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Logger, pino } from 'pino';
import { inject } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import type { Import } from '../../src/domains/imports/job.ts';
import type { ImportOptions } from '../../src/domains/imports/run.ts';

/** The origin in the URLs of test requests. */
export const origin = 'http://127.0.0.1';

/** A file of `test/fixtures`. */
export const fixture = (name: string): string => fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));

export interface GraphqlResult<Data> {
  readonly data?: Data;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

export interface OpenOptions {
  /** A data folder to open and leave in place. Default: the app keeps its data in memory. */
  readonly data?: string;
  /** True: a fresh data folder, removed at the end, for tests of restarts, second processes and files. */
  readonly onDisk?: boolean;
  /** Settings by name, as text: `{ pageSizeMax: '10' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Called with every SQL statement that runs. */
  readonly onStatement?: (sql: string) => void;
  /** Default: one that logs nothing. */
  readonly log?: Logger;
  /** The folder of a built web UI. Default: none, because reading its documents takes half of the time that an app takes. */
  readonly ui?: string;
  /** False leaves the indices unbuilt: the server is not ready. */
  readonly start?: boolean;
}

export interface OpenApp {
  readonly app: App;
  readonly data: string;
  /** POSTs an operation to /graphql and returns the JSON response, errors included. */
  query<Data = Record<string, unknown>>(
    document: string,
    variables?: Readonly<Record<string, unknown>>,
  ): Promise<GraphqlResult<Data>>;
  get(path: string, init?: RequestInit): Promise<Response>;
  /** Imports a file, or text under a file's name, and returns the finished import; check its `state`. */
  importFile(target: string, file: ImportSource, options?: ImportOptions): Promise<Import>;
  /** Safe to call twice, and as `onTestFinished(close)`. */
  close(): Promise<void>;
}

export type ImportSource = string | { readonly name: string; readonly text: string };

/** Facts are in ClickHouse in the test project of that name, in a database of their own. */
const factSettings = (): Readonly<Record<string, string>> => {
  const clickhouse = inject('clickhouse');
  const clickhouseCluster = inject('clickhouseCluster') ?? '';
  return clickhouse === undefined ? {} : { clickhouse, clickhouseCluster, clickhouseDatabase: `test_${randomUUID()}` };
};

/** The whole program without a socket; by default its data is in memory and it logs nothing. */
export const openApp = async (options: OpenOptions = {}): Promise<OpenApp> => {
  const folder = await mkdtemp(join(tmpdir(), 'asof-test-'));
  const data = options.data ?? (options.onDisk ? join(folder, 'data') : ':memory:');
  const { onStatement, log = pino({ level: 'silent' }) } = options;
  // Beside other tests, a process that gives way to them would hardly get to start.
  const app = createApp(readConfig({ data, sqlNiceness: '0', ...factSettings(), ...options.settings }), {
    log,
    ui: options.ui ?? '',
    ...(onStatement ? { onStatement } : {}),
  });
  if (options.start !== false) {
    await app.start();
    await app.firstSync();
  }
  let closing: Promise<void> | undefined;

  const closeOnce = async (): Promise<void> => {
    await app.close();
    await rm(folder, { recursive: true, force: true });
  };

  const writeSource = async (source: ImportSource): Promise<{ path: string; name: string }> => {
    if (typeof source === 'string') return { path: source, name: basename(source) };
    const path = join(folder, source.name);
    await writeFile(path, source.text);
    return { path, name: source.name };
  };

  return {
    app,
    data,
    async query<Data>(document: string, variables: Readonly<Record<string, unknown>> = {}) {
      const headers = { 'content-type': 'application/json', accept: 'application/json' };
      const body = JSON.stringify({ query: document, variables });
      const response = await app.fetch(new Request(`${origin}/graphql`, { method: 'POST', headers, body }));
      return (await response.json()) as GraphqlResult<Data>;
    },
    get: (path, init) => app.fetch(new Request(`${origin}${path}`, init)),
    async importFile(target, source, importOptions) {
      const run = await app.domains.imports.start(target, [await writeSource(source)], importOptions);
      const [finished] = await run.done;
      if (!finished) throw new Error('an import of one file reported none');
      return finished;
    },
    close() {
      closing ??= closeOnce();
      return closing;
    },
  };
};
