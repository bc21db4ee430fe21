import { type DocumentNode, GraphQLError, type GraphQLSchema, validate } from 'graphql';

/**
 * The errors of a document by all rules of graphql-js. Some rules throw theirs instead of reporting it: the one for
 * subscriptions, when a variable decides whether a field at the root is included.
 */
export const validateDocument = (
  schema: GraphQLSchema,
  document: DocumentNode,
  maxErrors = 100,
): readonly GraphQLError[] => {
  try {
    return validate(schema, document, undefined, { maxErrors });
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return [error];
  }
};
