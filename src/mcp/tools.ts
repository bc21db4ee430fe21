import { schema } from '../../schema/schema.ts';
import { type Access, accessOf } from '../graphql/access.ts';
import { type InputSchema, inputSchemaOf } from '../graphql/input-schema.ts';
import type { StoredDocument, StoredOperation } from '../graphql/trusted-documents/stored-document.ts';
import type { TrustedDocuments } from '../graphql/trusted-documents/trusted-documents.ts';

/** A query or mutation of a trusted document as a tool. */
export interface DocumentTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: InputSchema;
  readonly isMutation: boolean;
  /** What its caller needs. */
  readonly access: Access;
  readonly text: string;
  readonly operationName: string;
}

/**
 * The tools of documents that the schema accepts: each named query and mutation. Subscriptions have no end, and files no
 * place in JSON. Of several operations with one name (versions of a client) each has a part of the hash of its text in
 * its name.
 */
const toolsOf = (documents: readonly StoredDocument[]): readonly DocumentTool[] => {
  const tools = documents.flatMap((document) =>
    document.operations.flatMap((operation) => {
      const tool = toolOf(document, operation);
      return tool ? [{ tool, hash: String(document.ids.at(-1)).slice(0, 8) }] : [];
    }),
  );
  const counts = new Map<string, number>();
  for (const { tool } of tools) counts.set(tool.name, (counts.get(tool.name) ?? 0) + 1);
  return tools.map(({ tool, hash }) =>
    counts.get(tool.name) === 1 ? tool : { ...tool, name: `${tool.name}_${hash}` },
  );
};

/** The tools of the current documents, which are made once after each change. */
export const createTools = (documents: TrustedDocuments): (() => readonly DocumentTool[]) => {
  let of: readonly StoredDocument[] | undefined;
  let tools: readonly DocumentTool[] = [];
  return () => {
    if (of !== documents.accepted) tools = toolsOf(documents.accepted);
    of = documents.accepted;
    return tools;
  };
};

const toolOf = ({ document, text }: StoredDocument, operation: StoredOperation): DocumentTool | null => {
  const { name, node, description } = operation;
  if (name === null || node.operation === 'subscription') return null;
  const inputSchema = inputSchemaOf(document, node);
  if (!inputSchema) return null;
  return {
    name,
    description: description ?? descriptionOfFields(operation),
    inputSchema,
    isMutation: node.operation === 'mutation',
    access: accessOf({ schema, document, node }),
    text,
    operationName: name,
  };
};

/** What the schema says about the fields of an operation that has no description of its own. */
const descriptionOfFields = ({ node }: StoredOperation): string => {
  const fields = schema.getRootType(node.operation)?.getFields() ?? {};
  return node.selectionSet.selections
    .flatMap((selection) => (selection.kind === 'Field' ? (fields[selection.name.value]?.description ?? []) : []))
    .join('\n');
};
