import { hash } from 'node:crypto';
import { type DocumentNode, GraphQLError, Kind, type OperationDefinitionNode, parse, TokenKind } from 'graphql';
import { DomainError } from '../../errors.ts';

/** Where a document stands in a file, for messages. */
export interface DocumentSource {
  readonly file: string;
  /** From 1; the line of the operation, or of the entry of a manifest where it is known. */
  readonly line: number;
}

/** An operation of a stored document. */
export interface StoredOperation {
  readonly node: OperationDefinitionNode;
  /** Null for the only operation of a document, which needs none. */
  readonly name: string | null;
  /** Its description, or the comment above it; null without either. */
  readonly description: string | null;
}

/** A document that clients may run by its id. */
export interface StoredDocument {
  /** Each of them finds it, the one that messages name first; SHA-256 hashes have no prefix. */
  readonly ids: readonly string[];
  readonly text: string;
  readonly document: DocumentNode;
  readonly operations: readonly StoredOperation[];
  readonly source: DocumentSource;
}

/** Lower-case hexadecimal SHA-256 of the UTF-8 text. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');

/**
 * The form of an id by which documents are found: `sha256:<hex>` (GraphQL over HTTP) and the bare hash (Apollo) are the
 * same id; every other id is compared as it is.
 */
export const plainId = (id: string): string => /^sha256:([0-9a-f]{64})$/.exec(id)?.[1] ?? id;

/** Parses text of a file. Throws BAD_REQUEST that names the file and the line. */
export const parseStored = (text: string, { file, line }: DocumentSource): DocumentNode => {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    const position = error.locations?.[0];
    throw faultOf({ file, line: line + (position?.line ?? 1) - 1 }, error.message);
  }
};

/** BAD_REQUEST that names the file and the line of a document. */
export const faultOf = ({ file, line }: DocumentSource, message: string): DomainError =>
  new DomainError('BAD_REQUEST', `${file}:${line}: ${message}`);

/** A document with its operations. Throws BAD_REQUEST when it has none, or several that cannot be told apart. */
export const storedDocument = (
  ids: readonly string[],
  text: string,
  document: DocumentNode,
  source: DocumentSource,
): StoredDocument => {
  const operations = operationsOf(document);
  if (operations.length === 0) throw faultOf(source, `the document ${ids[0]} has no operation`);
  const names = operations.map(({ name }) => name);
  if (names.length > 1 && (names.includes(null) || new Set(names).size < names.length))
    throw faultOf(source, `the document ${ids[0]} has several operations, so each needs a name of its own`);
  return { ids: [...new Set([...ids.map(plainId), sha256(text)])], text, document, operations, source };
};

const operationsOf = ({ definitions }: DocumentNode): StoredOperation[] =>
  definitions.flatMap((node) =>
    node.kind === Kind.OPERATION_DEFINITION
      ? [{ node, name: node.name?.value ?? null, description: descriptionOf(node) }]
      : [],
  );

const descriptionOf = (node: OperationDefinitionNode): string | null =>
  node.description?.value.trim() || commentAbove(node);

/** The comment whose last line is directly above the operation; a blank line ends it. */
const commentAbove = ({ loc }: OperationDefinitionNode): string | null => {
  const lines: string[] = [];
  let below = loc?.startToken;
  for (let token = below?.prev; token?.kind === TokenKind.COMMENT; token = token.prev) {
    // A comment behind other code in its line is about that code.
    if (token.line !== (below?.line ?? 0) - 1 || token.prev?.line === token.line) break;
    lines.unshift(token.value.replace(/^ /, '').trimEnd());
    below = token;
  }
  return lines.join('\n').trim() || null;
};

/** How messages name a document: by its operations, and by its id where these have no name. */
export const nameOf = ({ ids, operations }: StoredDocument): string =>
  operations.map(({ name }) => name ?? ids[0]).join(' and ');
