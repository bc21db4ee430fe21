import {
  concatAST,
  type DirectiveNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  NoUnusedFragmentsRule,
  type OperationDefinitionNode,
  specifiedRules,
  validate,
  visit,
} from 'graphql';
import { describeFault, type SourceDocument } from './read-documents.ts';

/** Directives that Apollo Client and graphcache evaluate and remove before they send a document. */
const isClientDirective = ({ name: { value } }: DirectiveNode): boolean =>
  ['connection', 'nonreactive', 'unmask'].includes(value) || value.startsWith('_');

/** The document as a client sends it. */
export const withoutClientDirectives = (document: DocumentNode): DocumentNode =>
  visit(document, { Directive: (directive) => (isClientDirective(directive) ? null : undefined) });

/**
 * What is wrong with documents that are generated together, by file and line: they share their fragments, and the name of
 * an operation is the name of its types.
 */
export const checkDocuments = (schema: GraphQLSchema, documents: readonly SourceDocument[]): string[] => {
  const all = concatAST(documents.map(({ document }) => document));
  // A fragment may be there for other programs.
  const rules = specifiedRules.filter((rule) => rule !== NoUnusedFragmentsRule);
  const faults = [...nameFaults(all), ...validate(schema, withoutClientDirectives(all), rules)];
  return faults.map(describeFault);
};

const isOperation = (definition: DocumentNode['definitions'][number]): definition is OperationDefinitionNode =>
  definition.kind === Kind.OPERATION_DEFINITION;

const nameFaults = ({ definitions }: DocumentNode): GraphQLError[] => {
  const named = new Map<string, OperationDefinitionNode>();
  return definitions.filter(isOperation).flatMap((node) => {
    const name = node.name?.value;
    if (name === undefined)
      return new GraphQLError('an operation without a name has no types: write one after `query`', { nodes: node });
    // The types of `my_users` and `MyUsers` would have one name.
    const key = name.replaceAll('_', '').toLowerCase();
    const earlier = named.get(key);
    named.set(key, node);
    // The rule UniqueOperationNames reports equal names.
    if (!earlier || earlier.name?.value === name) return [];
    const message = `the types of ${name} and ${earlier.name?.value} have the same names: rename one`;
    return new GraphQLError(message, { nodes: [node, earlier] });
  });
};
