import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { ApiKeys, Principal } from '../domains/api-keys.ts';
import type { Scope } from '../lib/api-key.ts';

/** An operation, and the document and schema it belongs to. */
interface OperationToCheck {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
}

/**
 * Throws UNAUTHENTICATED or NOT_ALLOWED when the caller may not use a root field of an operation. Queries and
 * subscriptions need `read`, mutations `ingest`, unless the field's extension `scopes` says otherwise. The schema
 * is public: introspection needs no key. Called for every execution, because validation is cached by document.
 */
export const checkAccess = (
  { schema, document, operation }: OperationToCheck,
  apiKeys: ApiKeys,
  caller: Principal | null,
): void => {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const defaultScopes: readonly Scope[] = [operation.operation === 'mutation' ? 'ingest' : 'read'];
  for (const name of rootFields(document, operation.selectionSet)) {
    if (name.startsWith('__')) continue;
    apiKeys.admit(caller, (fields[name]?.extensions.scopes as readonly Scope[] | undefined) ?? defaultScopes);
  }
};

/** Names of the root fields of an operation, those in fragments and skipped ones included. */
const rootFields = (document: DocumentNode, root: SelectionSetNode): ReadonlySet<string> => {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions)
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  const names = new Set<string>();
  const seen = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const node of selections) {
      if (node.kind === Kind.FIELD) names.add(node.name.value);
      else if (node.kind === Kind.INLINE_FRAGMENT) collect(node.selectionSet);
      else if (!seen.has(node.name.value)) {
        seen.add(node.name.value);
        const fragment = fragments.get(node.name.value);
        if (fragment) collect(fragment.selectionSet);
      }
    }
  };
  collect(root);
  return names;
};
