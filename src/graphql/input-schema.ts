import {
  type DocumentNode,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  typeFromAST,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { schema } from '../../schema/schema.ts';

/** A JSON Schema (2020-12). */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** The JSON Schema of the variables of an operation. */
export interface InputSchema extends JsonSchema {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchema>>;
}

/** The JSON types and formats of the scalars; a scalar that is missing may be any value. */
export const scalarSchemas: Readonly<Record<string, JsonSchema>> = {
  Int: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
  Float: { type: 'number' },
  String: { type: 'string' },
  Boolean: { type: 'boolean' },
  ID: { type: 'string' },
  BigInt: { type: 'integer', minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER },
  Decimal: { type: 'string' },
  DateTime: { type: 'string' },
  Duration: { type: 'string', format: 'duration' },
  IP: { type: 'string', anyOf: [{ format: 'ipv4' }, { format: 'ipv6' }] },
  Letter: { type: 'string', pattern: '^[A-Za-z]$' },
  LocalDate: { type: 'string', format: 'date' },
  TimeZone: { type: 'string' },
  URL: { type: 'string', format: 'uri' },
  UUID: { type: 'string', format: 'uuid' },
  // A value that is not of its type is rejected with its record, not with the request.
  WrittenDateTime: { type: ['string', 'number'] },
  WrittenDecimal: { type: ['string', 'number'] },
  WrittenID: { type: ['string', 'number'] },
  WrittenIP: { type: 'string' },
  WrittenString: { type: 'string' },
  WrittenUserStatus: { type: 'string' },
  HeaderLine: { anyOf: [{ type: 'integer', minimum: 1 }, { const: 'NONE' }] },
};

/** The variables of an operation as a JSON Schema; null when one of them is a file, which JSON cannot hold. */
export const inputSchemaOf = (document: DocumentNode, operation: OperationDefinitionNode): InputSchema | null => {
  const { variableDefinitions = [] } = operation;
  const definitions = new Definitions();
  const descriptions = descriptionsOf(document);
  const properties = variableDefinitions.map(({ variable, type: typeNode, defaultValue }) => {
    const type = typeFromAST(schema, typeNode);
    const value = isInputType(type) ? definitions.schemaOf(type) : {};
    const description = descriptions.get(variable.name.value);
    return [
      variable.name.value,
      {
        ...value,
        ...(description ? { description } : {}),
        ...(defaultValue ? { default: valueFromASTUntyped(defaultValue) } : {}),
      },
    ] as const;
  });
  if (definitions.hasFile) return null;
  const required = variableDefinitions
    .filter(({ type, defaultValue }) => type.kind === Kind.NON_NULL_TYPE && !defaultValue)
    .map(({ variable }) => variable.name.value);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 ? { required } : {}),
    additionalProperties: false,
    ...definitions.asProperty(),
  };
};

/** Input objects are defined once, because they may contain themselves. */
class Definitions {
  readonly #byName = new Map<string, JsonSchema>();
  hasFile = false;

  asProperty(): { readonly $defs?: Readonly<Record<string, JsonSchema>> } {
    return this.#byName.size === 0 ? {} : { $defs: Object.fromEntries(this.#byName) };
  }

  schemaOf(type: GraphQLInputType): JsonSchema {
    const nullable = getNullableType(type);
    if (isListType(nullable)) return { type: 'array', items: this.schemaOf(nullable.ofType) };
    return this.#schemaOfNamed(nullable as GraphQLNamedInputType);
  }

  #schemaOfNamed(type: GraphQLNamedInputType): JsonSchema {
    const description = type.description ? { description: type.description } : {};
    if (isEnumType(type)) {
      const values = type.getValues();
      const meanings = values.map(({ name, description: meaning }) => `${name}: ${meaning ?? ''}`.trim());
      return {
        type: 'string',
        enum: values.map(({ name }) => name),
        description: [type.description, ...meanings].filter(Boolean).join('\n'),
      };
    }
    if (!isInputObjectType(type)) {
      if (type.name === 'File') this.hasFile = true;
      return { ...scalarSchemas[type.name], ...description };
    }
    if (!this.#byName.has(type.name)) {
      // Before its fields, which may name it.
      this.#byName.set(type.name, {});
      const fields = Object.values(type.getFields());
      this.#byName.set(type.name, { ...this.#schemaOfFields(fields, type.isOneOf), ...description });
    }
    return { $ref: `#/$defs/${type.name}` };
  }

  #schemaOfFields(fields: readonly GraphQLInputField[], isOneOf: boolean): JsonSchema {
    const properties = fields.map(({ name, type, description, astNode }) => {
      const defaultValue = astNode?.defaultValue;
      return [
        name,
        {
          ...this.schemaOf(type),
          ...(description ? { description } : {}),
          ...(defaultValue ? { default: valueFromASTUntyped(defaultValue) } : {}),
        },
      ] as const;
    });
    const required = fields
      .filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
      .map(({ name }) => name);
    return {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length > 0 ? { required } : {}),
      ...(isOneOf ? { oneOf: fields.map(({ name }) => ({ required: [name] })) } : {}),
      additionalProperties: false,
    };
  }
}

/** What the schema says about the arguments and fields that variables are passed to, by the name of the variable. */
const descriptionsOf = (document: DocumentNode): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  const types = new TypeInfo(schema);
  const add = (variable: string, description: string | null | undefined): void => {
    if (description && !found.has(variable)) found.set(variable, description);
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      Argument({ value }) {
        if (value.kind === Kind.VARIABLE) add(value.name.value, types.getArgument()?.description);
      },
      ObjectField({ name, value }) {
        const parent = types.getParentInputType();
        if (value.kind === Kind.VARIABLE && isInputObjectType(parent))
          add(value.name.value, parent.getFields()[name.value]?.description);
      },
    }),
  );
  return found;
};
