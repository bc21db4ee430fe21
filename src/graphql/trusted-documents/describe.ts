import { print } from 'graphql';
import type { DocumentDescription } from '../../lib/trusted-document.ts';
import type { StoredDocument, StoredOperation } from './stored-document.ts';

/** The operations of a document, with what the schema says against it. */
export const describeDocument = (document: StoredDocument, problems: readonly string[]): DocumentDescription[] =>
  document.operations.map((operation) => {
    const { name, description, node } = operation;
    return {
      id: document.ids[0] ?? '',
      ids: document.ids,
      name,
      description,
      operation: node.operation,
      variables: (node.variableDefinitions ?? []).map(({ variable, type, defaultValue }) => ({
        name: variable.name.value,
        type: print(type),
        defaultValue: defaultValue ? print(defaultValue) : null,
      })),
      path: pathOf(document, operation),
      file: document.source.file,
      line: document.source.line,
      text: document.text,
      problems,
    };
  });

const pathOf = ({ ids, operations }: StoredDocument, { name, node }: StoredOperation): string | null => {
  if (node.operation === 'mutation') return null;
  const parameters = new URLSearchParams({ documentId: ids[0] ?? '' });
  if (operations.length > 1 && name !== null) parameters.set('operationName', name);
  return `/graphql?${parameters}`;
};
