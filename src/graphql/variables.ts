import {
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isSpecifiedScalarType,
  type OperationDefinitionNode,
  typeFromAST,
} from 'graphql';
import { ExactNumber, numberText } from '../lib/exact-json.ts';

type Values = Readonly<Record<string, unknown>>;

/** Variables that fit: as they are passed to an executor, which coerces them itself, and coerced. */
export interface Variables {
  readonly raw: Values;
  readonly coerced: Values;
}

/** Each error has a suggestion, whose search costs more than the value did. */
const errorsMax = 20;

const none: Values = Object.freeze(Object.create(null));
const noVariables: Variables = { raw: none, coerced: none };

/** The variables of an operation with their defaults, or why they do not fit. */
export const readVariables = (
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  sent: Values | null,
): Variables | { readonly errors: readonly GraphQLError[] } => {
  if (variableDefinitions.length === 0) return noVariables;
  const raw: Record<string, unknown> = { ...sent };
  for (const { variable, type: typeNode } of variableDefinitions) {
    const name = variable.name.value;
    const type = typeFromAST(schema, typeNode);
    if (isInputType(type) && holdsExact(raw[name])) raw[name] = withExactNumbers(raw[name], type);
  }
  const { coerced, errors } = getVariableValues(schema, variableDefinitions, raw, { maxErrors: errorsMax });
  return coerced ? { raw, coerced } : { errors };
};

/** A client that sends an id as a number means its digits. */
const integerText = (value: ExactNumber): string | null => {
  const text = numberText(value);
  return text !== null && /^-?\d+$/.test(text) ? text : null;
};

const holdsExact = (value: unknown): boolean => {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof ExactNumber) return true;
  return (Array.isArray(value) ? value : Object.values(value)).some(holdsExact);
};

/**
 * The same value with its ExactNumbers in the form that their type reads: ids are their digits, floats are rounded as
 * floats are, scalars of our own read an ExactNumber themselves.
 */
const withExactNumbers = (value: unknown, type: GraphQLInputType): unknown => {
  if (isNonNullType(type)) return withExactNumbers(value, type.ofType);
  if (typeof value !== 'object' || value === null) return value;
  if (isListType(type))
    return Array.isArray(value)
      ? value.map((item) => withExactNumbers(item, type.ofType))
      : withExactNumbers(value, type.ofType);
  if (value instanceof ExactNumber) {
    if (type.name === 'ID') return integerText(value) ?? Number(value.text);
    return isSpecifiedScalarType(type) || isEnumType(type) || isInputObjectType(type) ? Number(value.text) : value;
  }
  if (!isInputObjectType(type) || Array.isArray(value)) return value;
  const fields = type.getFields();
  const entries = Object.entries(value).map(([name, item]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return [name, field ? withExactNumbers(item, field.type) : item] as const;
  });
  return Object.fromEntries(entries);
};
