import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DomainError } from '../../errors.ts';
import { parseGraphqlFiles } from './graphql-files.ts';
import { faultOf, parseStored, type StoredDocument, storedDocument } from './stored-document.ts';

/** The documents of a file or folder, and what changes whenever one of its files does. */
export interface DocumentFiles {
  readonly documents: readonly StoredDocument[];
  readonly version: string;
}

interface FoundFile {
  readonly path: string;
  readonly version: string;
}

const isGraphqlFile = (path: string): boolean => /\.(graphql|gql)$/.test(path);

/** Kubernetes keeps the files of a mounted folder a second time, in a folder whose name begins with a dot. */
const isIgnored = (path: string): boolean =>
  path.split(/[\\/]/).some((part) => part.startsWith('.') || part === 'node_modules');

/**
 * The files of the setting `documents`: the file itself, or the `.graphql` and `.gql` files of the folder and of its
 * sub-folders, in the order of their paths. Throws BAD_REQUEST when there is none.
 */
const filesOf = (path: string): FoundFile[] => {
  const isFolder = stat(path).isDirectory();
  const paths = isFolder
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter((name) => isGraphqlFile(name) && !isIgnored(name))
        .sort()
        .map((name) => join(path, name))
    : [path];
  const files = paths.map((each) => ({ path: each, stats: stat(each) })).filter(({ stats }) => !stats.isDirectory());
  if (files.length === 0)
    throw new DomainError('BAD_REQUEST', `${path} has no .graphql file: name the manifest itself if it has one`);
  return files.map(({ path: each, stats: { mtimeMs, size, ino } }) => ({
    path: each,
    version: JSON.stringify([each, mtimeMs, size, ino]),
  }));
};

const stat = (path: string) => {
  try {
    return statSync(path);
  } catch (error) {
    throw new DomainError('BAD_REQUEST', `the documents ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

/** What changes whenever a file of the setting `documents` does. Throws as `readDocuments`. */
export const versionOfFiles = (path: string): string =>
  filesOf(path)
    .map(({ version }) => version)
    .join('\n');

/**
 * Reads the documents of a file or folder: a manifest of the client preset or of Relay (id to text), one of Apollo, or
 * `.graphql` files. Throws BAD_REQUEST that names the file, the line and the fault. Documents that the schema does not
 * accept are no fault here.
 */
export const readDocuments = (path: string): DocumentFiles => {
  // The version first: a file that changes in between is then read twice, never missed.
  const files = filesOf(path);
  const version = files.map((file) => file.version).join('\n');
  const texts = files.map((file) => ({ file: file.path, text: readText(file.path) }));
  const isGraphql = texts.every(({ file }) => isGraphqlFile(file));
  const documents = isGraphql ? parseGraphqlFiles(texts) : texts.flatMap(({ file, text }) => parseManifest(file, text));
  checkIds(documents);
  return { documents, version };
};

const readText = (path: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    throw new DomainError('BAD_REQUEST', `the documents ${path} cannot be read: ${(error as Error).message}`, {
      cause: error,
    });
  }
};

/** Maps of the client preset and of Relay: ids to texts. */
const mapManifest = z.record(z.string().min(1), z.string());

/** https://www.apollographql.com/docs/graphos/platform/security/persisted-queries */
const apolloManifest = z.object({
  format: z.literal('apollo-persisted-query-manifest'),
  version: z.literal(1),
  operations: z.array(z.object({ id: z.string().min(1), name: z.string(), type: z.string(), body: z.string() })),
});

const parseManifest = (file: string, json: string): StoredDocument[] => {
  const start = { file, line: 1 };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    throw faultOf(start, `not a .graphql file and not JSON: ${(error as Error).message}`);
  }
  const isApollo = typeof value === 'object' && value !== null && 'format' in value;
  const entries = isApollo ? apolloEntries(start, value) : mapEntries(start, value);
  const lineOf = createLineFinder(json);
  return entries.map(([id, text]) => {
    const source = { file, line: lineOf(id) };
    // The lines of the text are not lines of the manifest.
    const document = parseEntry(id, text, source);
    return storedDocument([id], text, document, source);
  });
};

const parseEntry = (id: string, text: string, source: { file: string; line: number }) => {
  try {
    return parseStored(text, { ...source, line: 1 });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    throw faultOf(source, `the document ${id} is not GraphQL: ${error.message.slice(source.file.length + 1)}`);
  }
};

type Source = { readonly file: string; readonly line: number };

const mapEntries = (source: Source, value: unknown): (readonly [id: string, text: string])[] => {
  const { success, data } = mapManifest.safeParse(value);
  if (!success)
    throw faultOf(source, 'not a manifest of the client preset or Relay (an object of ids and texts) or of Apollo');
  return Object.entries(data);
};

const apolloEntries = (source: Source, value: unknown): (readonly [id: string, text: string])[] => {
  const { data, error } = apolloManifest.safeParse(value);
  if (error) {
    const { path = [], message } = error.issues[0] ?? {};
    throw faultOf(source, `not a manifest of Apollo in version 1: ${path.join('.')}: ${message}`);
  }
  const ids = new Set<string>();
  for (const { id } of data.operations) {
    if (ids.has(id)) throw faultOf(source, `the id ${id} is used twice`);
    ids.add(id);
  }
  return data.operations.map(({ id, body }) => [id, body]);
};

/** The lines of ids in JSON text, 1 for ids that are written with escapes. Ids in the order of the text cost one pass. */
const createLineFinder = (json: string): ((id: string) => number) => {
  let at = 0;
  let line = 1;
  return (id) => {
    const quoted = JSON.stringify(id);
    let index = json.indexOf(quoted, at);
    if (index < 0) {
      // JSON.parse moves keys that are numbers to the front.
      index = json.lastIndexOf(quoted, at);
      if (index < 0) return 1;
      at = 0;
      line = 1;
    }
    for (let next = json.indexOf('\n', at); next >= 0 && next < index; next = json.indexOf('\n', next + 1)) line++;
    at = index;
    return line;
  };
};

/** Throws BAD_REQUEST when two texts have the same id. */
const checkIds = (documents: readonly StoredDocument[]): void => {
  const byId = new Map<string, StoredDocument>();
  for (const document of documents)
    for (const id of document.ids) {
      const other = byId.get(id);
      if (other && other.text !== document.text) {
        const { file, line } = other.source;
        throw faultOf(document.source, `the id ${id} is also that of another document at ${file}:${line}`);
      }
      byId.set(id, document);
    }
};
