import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LRUCache } from 'lru-cache';

export const encodings = ['br', 'gzip', 'identity'] as const;

export type Encoding = (typeof encodings)[number];

export interface UiFile {
  readonly path: string;
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
  readonly encoding: Encoding;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

const suffixes: Readonly<Record<Encoding, string>> = { br: '.br', gzip: '.gz', identity: '' };

/** All of the UI is below 10 MB; only what browsers really load is kept. */
const cachedBytesMax = 16 * 1024 * 1024;

/** Where the build leaves the UI: beside the program in `dist`, or below the root for a program that runs from source. */
export const uiFolder = (): string =>
  ['../../web/', '../../dist/web/']
    .map((folder) => fileURLToPath(new URL(folder, import.meta.url)))
    .find((folder) => existsSync(join(folder, 'index.html'))) ?? '';

/** The manifest of the documents that a built UI sends; null without one. */
export const uiDocuments = (folder: string): string | null => {
  const file = join(folder, 'documents.json');
  return folder !== '' && existsSync(file) ? file : null;
};

/** The files of the web UI that the build wrote; none where it was not built. */
export class UiFiles {
  readonly #folder: string;
  readonly #paths: ReadonlySet<string>;
  readonly #contents = new LRUCache<string, Uint8Array<ArrayBuffer>>({
    maxSize: cachedBytesMax,
    sizeCalculation: ({ byteLength }) => byteLength + 1,
  });

  constructor(folder: string) {
    this.#folder = folder;
    const names = folder === '' ? [] : readdirSync(folder, { recursive: true, encoding: 'utf8' });
    this.#paths = new Set(names.map((name) => `/${name.split(sep).join('/')}`));
  }

  get isBuilt(): boolean {
    return this.#paths.has('/index.html');
  }

  /** Whether a request for this path is for a file of the UI. */
  has(path: string): boolean {
    return extname(path) in types && this.#paths.has(path);
  }

  /**
   * The file in the first of the accepted encodings that it has; only for a path that `has` confirms. Undefined when a
   * later build has removed it.
   */
  async read(path: string, accepted: readonly Encoding[]): Promise<UiFile | undefined> {
    const encoding =
      accepted.find((each) => each !== 'identity' && this.#paths.has(path + suffixes[each])) ?? 'identity';
    const name = path + suffixes[encoding];
    const content = this.#contents.get(name) ?? (await contentOf(join(this.#folder, name)));
    if (!content) return undefined;
    this.#contents.set(name, content);
    return { path, type: types[extname(path)] ?? 'application/octet-stream', content, encoding };
  }
}

const contentOf = async (path: string): Promise<Uint8Array<ArrayBuffer> | undefined> => {
  try {
    return new Uint8Array(await readFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};
