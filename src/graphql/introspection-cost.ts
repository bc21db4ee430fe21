import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';

/** graphql-js sorts and filters for each value of an introspection. */
export const introspectionWeight = 5;

/** A field of an introspection, and how many items it has on average. */
interface IntrospectedField {
  readonly definition: GraphQLField<unknown, unknown>;
  readonly items: number;
}

/** Finds fields of introspections; null for `__typename`. */
export const createIntrospection = (schema: GraphQLSchema) => {
  let averages: Averages | undefined;
  return (parent: GraphQLCompositeType, name: string): IntrospectedField | null => {
    if (name === SchemaMetaFieldDef.name) return { definition: SchemaMetaFieldDef, items: 1 };
    if (name === TypeMetaFieldDef.name) return { definition: TypeMetaFieldDef, items: 1 };
    const definition = 'getFields' in parent ? parent.getFields()[name] : undefined;
    if (!definition) return null;
    averages ??= countAverages(schema);
    return { definition, items: averages[name] ?? 1 };
  };
};

/** The average number of items of each list of an introspection, so that the product of nested lists is their true number. */
type Averages = Readonly<Record<string, number>>;

const countAverages = (schema: GraphQLSchema): Averages => {
  const types = Object.values(schema.getTypeMap());
  const counts = { fields: 0, args: 0, inputFields: 0, enumValues: 0, interfaces: 0, possibleTypes: 0 };
  for (const type of types) {
    if (isObjectType(type) || isInterfaceType(type)) {
      const fields = Object.values(type.getFields());
      counts.fields += fields.length;
      counts.args += fields.reduce((sum, { args }) => sum + args.length, 0);
      counts.interfaces += type.getInterfaces().length;
    }
    if (isInterfaceType(type)) counts.possibleTypes += schema.getPossibleTypes(type).length;
    if (isInputObjectType(type)) counts.inputFields += Object.keys(type.getFields()).length;
    if (isEnumType(type)) counts.enumValues += type.getValues().length;
  }
  const ofTypes = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, count / types.length]));
  const directives = schema.getDirectives().length;
  // A type is wrapped once or twice, and never as often as tools expect.
  return { ...ofTypes, ofType: 0.5, types: types.length, directives, args: counts.args / Math.max(1, counts.fields) };
};
