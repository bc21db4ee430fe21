import { minifyIntrospectionQuery } from '@urql/introspection';
import { type GraphQLSchema, introspectionFromSchema, isAbstractType, isObjectType } from 'graphql';

const objectTypes = (schema: GraphQLSchema) =>
  Object.values(schema.getTypeMap())
    .filter(isObjectType)
    .filter(({ name }) => !name.startsWith('__'));

/** The object types of each interface and union: Apollo's `possibleTypes`. */
const possibleTypesOf = (schema: GraphQLSchema): Record<string, string[]> =>
  Object.fromEntries(
    Object.values(schema.getTypeMap())
      .filter(isAbstractType)
      .map((type) => [
        type.name,
        schema
          .getPossibleTypes(type)
          .map(({ name }) => name)
          .sort(),
      ]),
  );

/** The object types without an id: caches keep their objects inside of the object that leads to them. */
const typesWithoutId = (schema: GraphQLSchema): string[] => {
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  return objectTypes(schema)
    .filter((type) => !roots.includes(type) && type.getFields().id === undefined)
    .map(({ name }) => name)
    .sort();
};

/** `possible-types.ts`, for Apollo’s InMemoryCache. */
export const apolloSettings = (schema: GraphQLSchema): string => `\
/** The object types of each interface and union: \`new InMemoryCache({ possibleTypes })\`. */
export const possibleTypes: Record<string, string[]> = ${JSON.stringify(possibleTypesOf(schema), null, 2)};
`;

/** `graphcache.ts`, for urql’s graphcache. */
export const graphcacheSettings = (schema: GraphQLSchema): string => `\
/** The types whose objects have no key of their own: \`cacheExchange({ keys, schema })\`. */
export const keys: Record<string, () => null> = {
${typesWithoutId(schema)
  .map((name) => `  ${name}: () => null,\n`)
  .join('')}};
`;

/** `schema.json`: the part of the introspection that graphcache reads. */
export const graphcacheSchema = (schema: GraphQLSchema): string => {
  const minified = minifyIntrospectionQuery(introspectionFromSchema(schema, { descriptions: false }));
  return `${JSON.stringify(minified)}\n`;
};
