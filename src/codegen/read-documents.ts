import { readFile } from 'node:fs/promises';
import { extname, isAbsolute } from 'node:path';
import { type DocumentNode, GraphQLError, parse, Source } from 'graphql';
import { glob } from 'tinyglobby';
import { DomainError } from '../errors.ts';

/** A file of operations and fragments. */
export interface SourceDocument {
  /** From the working directory, or absolute like its pattern. */
  readonly path: string;
  readonly document: DocumentNode;
}

/** The files of the patterns, sorted. Throws BAD_REQUEST for a pattern that matches no file, or one of another kind. */
export const findFiles = async (patterns: readonly string[]): Promise<string[]> => {
  const found = new Set<string>();
  for (const pattern of patterns) {
    const files = await glob(pattern, {
      absolute: isAbsolute(pattern),
      expandDirectories: false,
      ignore: ['**/node_modules/**'],
    });
    if (files.length === 0) throw new DomainError('BAD_REQUEST', `no file matches ${pattern} (option --documents)`);
    for (const file of files) found.add(file);
  }
  const files = [...found].sort();
  const other = files.find((file) => !['.graphql', '.gql'].includes(extname(file)));
  if (other === undefined) return files;
  throw new DomainError('BAD_REQUEST', `${other} is no .graphql or .gql file: only such files are read as documents`);
};

/** The documents of files, and what is wrong with those that cannot be read. */
export const readDocuments = async (
  files: readonly string[],
): Promise<{ readonly documents: SourceDocument[]; readonly problems: string[] }> => {
  const documents: SourceDocument[] = [];
  const problems: string[] = [];
  for (const path of files) {
    const text = decode(await readFile(path));
    if (text === null) problems.push(`${path}: the file is not UTF-8`);
    // A file of which nothing is written yet.
    else if (!/^\s*[^\s#]/m.test(text)) continue;
    else
      try {
        documents.push({ path, document: parse(new Source(text, path)) });
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        problems.push(describeFault(error));
      }
  }
  return { documents, problems };
};

/** Null for bytes that are not UTF-8. */
const decode = (bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
};

/** One line for a fault: `path:line:column: message`, and the further positions that it is about. */
export const describeFault = ({ message, nodes, source, locations = [] }: GraphQLError): string => {
  const [first, ...others] = locations.map(
    ({ line, column }, index) => `${(nodes?.[index]?.loc?.source ?? source)?.name}:${line}:${column}`,
  );
  const also = others.length > 0 ? ` (also ${others.join(', ')})` : '';
  return `${first === undefined ? '' : `${first}: `}${message}${also}`;
};
