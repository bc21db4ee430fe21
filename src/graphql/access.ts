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

/**
 * Refuses an operation of which a root field is not for the caller: UNAUTHENTICATED or NOT_ALLOWED. Queries and
 * subscriptions need `read`, mutations `ingest`, unless the field's extension `scopes` says otherwise. The schema itself
 * is no secret: introspection needs no key. Called for every execution, for validation is remembered by document.
 */
export const checkAccess = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  apiKeys: ApiKeys,
  caller: Principal | null,
): void => {
  const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
  const usual: readonly Scope[] = [operation.operation === 'mutation' ? 'ingest' : 'read'];
  for (const name of rootFields(document, operation.selectionSet)) {
    if (name.startsWith('__')) continue;
    apiKeys.admit(caller, (fields[name]?.extensions.scopes as readonly Scope[] | undefined) ?? usual);
  }
};

/** Names of the fields of an operation, whatever fragments they stand in and whether or not they are skipped. */
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
