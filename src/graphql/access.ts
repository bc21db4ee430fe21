import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { ApiKeys, Principal } from '../domains/api-keys.ts';
import { DomainError } from '../errors.ts';
import type { Scope } from '../lib/api-key.ts';

/** An operation, and the document and schema it belongs to. */
interface OperationToCheck {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly node: OperationDefinitionNode;
}

/** What a caller needs for an operation: of each list one of the scopes. */
export type Access = readonly (readonly Scope[])[];

/**
 * What a caller needs for the root fields of an operation. Queries and subscriptions need `read`, mutations `ingest`,
 * unless the field's extension `scopes` says otherwise. Introspection needs nothing, because the schema is public, and
 * neither does a query field with the extension `isPublic`.
 */
export const accessOf = ({ schema, document, node }: OperationToCheck): Access => {
  const fields = schema.getRootType(node.operation)?.getFields() ?? {};
  const defaultScopes: readonly Scope[] = [node.operation === 'mutation' ? 'ingest' : 'read'];
  const needed = new Map<string, readonly Scope[]>();
  for (const name of rootFields(document, node.selectionSet)) {
    if (name.startsWith('__')) continue;
    const { isPublic, scopes: fieldScopes } = fields[name]?.extensions ?? {};
    if (isPublic === true && node.operation === 'query') continue;
    const scopes = (fieldScopes as readonly Scope[] | undefined) ?? defaultScopes;
    needed.set(scopes.join(), scopes);
  }
  return [...needed.values()];
};

/** Throws UNAUTHENTICATED or NOT_ALLOWED for a caller who may not. Called for every request, because documents are kept across callers. */
export const checkAccess = (access: Access, apiKeys: ApiKeys, caller: Principal | null): void => {
  for (const scopes of access) apiKeys.admit(caller, scopes);
};

export const hasAccess = (access: Access, apiKeys: ApiKeys, caller: Principal | null): boolean => {
  try {
    checkAccess(access, apiKeys, caller);
    return true;
  } catch (error) {
    if (error instanceof DomainError) return false;
    throw error;
  }
};

/** Names of the root fields of an operation, those in fragments and skipped ones included. */
export const rootFields = (document: DocumentNode, root: SelectionSetNode): ReadonlySet<string> => {
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
