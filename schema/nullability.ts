import { type GraphQLSchema, isInterfaceType, isNonNullType, isObjectType } from 'graphql';

/**
 * Makes the fields nullable that a request can get wrong: those of the three root types, and those with arguments. GraphQL
 * replaces the nearest nullable parent of a failed field by null; without this rule one malformed argument takes the results
 * of its siblings with it, also those of mutations that are stored.
 */
export const withNullableFailures = (schema: GraphQLSchema): GraphQLSchema => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || !(isObjectType(type) || isInterfaceType(type))) continue;
    for (const field of Object.values(type.getFields())) {
      const canFail = field.args.length > 0 || roots.some((root) => root === type);
      if (canFail && isNonNullType(field.type)) field.type = field.type.ofType;
    }
  }
  return schema;
};
