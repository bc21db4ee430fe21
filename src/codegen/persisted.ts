import { createHash } from 'node:crypto';
import { type DocumentNode, Kind, type OperationTypeNode, print, type StringValueNode, visit } from 'graphql';
import { withoutClientDirectives } from './check-documents.ts';

/** An operation with its fragments, as clients send it and the server stores it. */
export interface PersistedDocument {
  /** `sha256:` and the SHA-256 of the text in hex, as in the appendix “Persisted Documents” of GraphQL over HTTP. */
  readonly id: string;
  readonly text: string;
  readonly name: string;
  readonly type: OperationTypeNode;
}

/**
 * The document of an operation. The text is not sorted: the order of its fields is the order of the columns when the
 * answer is written as CSV. `descriptions` has those of operations by name: servers show them with their tools.
 */
export const persist = (
  document: DocumentNode,
  descriptions: ReadonlyMap<string, StringValueNode>,
): PersistedDocument => {
  const operation = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const description = descriptions.get(operation?.name?.value ?? '');
  const described = visit(withoutClientDirectives(document), {
    OperationDefinition: (node) => (description ? { ...node, description } : undefined),
  });
  const text = print(described);
  if (!operation?.name) throw new Error('the document has no operation with a name');
  const id = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  return { id, text, name: operation.name.value, type: operation.operation };
};

/** `persisted-documents.json`: the text of each id. */
export const persistedDocumentsFile = (documents: readonly PersistedDocument[]): string =>
  `${JSON.stringify(Object.fromEntries(documents.map(({ id, text }) => [id, text])), null, 2)}\n`;

/** `persisted-query-manifest.json`: the same in the form of Apollo, whose ids have no prefix. */
export const apolloManifestFile = (documents: readonly PersistedDocument[]): string => {
  const operations = documents.map(({ id, text, name, type }) => ({ id: hashOf(id), name, type, body: text }));
  return `${JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }, null, 2)}\n`;
};

const hashOf = (id: string): string => id.slice(id.indexOf(':') + 1);

/** `document-ids.ts`: a persisted link of Apollo or urql finds the id by the name of the operation. */
export const documentIdsFile = (documents: readonly PersistedDocument[]): string => `\
/** The id of each operation in \`persisted-documents.json\`: \`documentId\` of GraphQL over HTTP. */
export const documentIds = {
${documents.map(({ name, id }) => `  ${name}: '${id}',\n`).join('')}} as const;

interface Document {
  readonly definitions: readonly { readonly kind: string; readonly name?: { readonly value: string } | undefined }[];
}

const ids: Readonly<Record<string, string>> = documentIds;

/**
 * The hash in the id of an operation: \`generateHash\` of Apollo's and urql's persisted links. Found by name, because
 * caches add to a document before it is sent. Throws for an operation that was not generated.
 */
export const hashOfDocument = ({ definitions }: Document): string => {
  const name = definitions.find(({ kind }) => kind === 'OperationDefinition')?.name?.value ?? '';
  const id = Object.hasOwn(ids, name) ? ids[name] : undefined;
  if (id === undefined) throw new Error(\`the operation \${name} is not in persisted-documents.json: run codegen\`);
  return id.slice('sha256:'.length);
};
`;
