import {
  type GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getVariableValues,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
  typeFromAST,
  type VariableDefinitionNode,
  valueFromAST,
} from 'graphql';
import { ExactNumber, numberText } from '../lib/exact-json.ts';
import { type Coerce, coercerOf } from './coercers.ts';

type Values = Readonly<Record<string, unknown>>;

/** Variables that fit: as they are passed to an executor, which coerces them itself, and coerced. */
export interface Variables {
  readonly raw: Values;
  readonly coerced: Values;
}

const none: Values = Object.freeze(Object.create(null));
const noVariables: Variables = { raw: none, coerced: none };

/** A variable of an operation. */
interface Definition {
  readonly node: VariableDefinitionNode;
  readonly name: string;
  readonly type: GraphQLInputType;
  readonly coerce: Coerce;
}

/** The variables of a valid operation. */
export const definitionsOf = (
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
): readonly Definition[] =>
  variableDefinitions.flatMap((node) => {
    const type = typeFromAST(schema, node.type);
    return isInputType(type)
      ? [{ node, name: node.variable.name.value, type, coerce: coercerOf(type, new Map()) }]
      : [];
  });

/**
 * The variables of an operation with their defaults, or why they do not fit: at most `errorsMax` reasons, because each has a
 * suggestion, whose search costs more than the value did.
 */
export const readVariables = (
  { schema, errorsMax }: { readonly schema: GraphQLSchema; readonly errorsMax: number },
  definitions: readonly Definition[],
  sent: Values | null,
): Variables | { readonly errors: readonly GraphQLError[] } => {
  if (definitions.length === 0) return noVariables;
  const raw = withReadNumbers(definitions, sent ?? none);
  const fitting = coerceFitting(definitions, raw);
  if (fitting) return { raw, coerced: fitting };
  const nodes = definitions.map(({ node }) => node);
  const { coerced, errors } = getVariableValues(schema, nodes, raw, { maxErrors: errorsMax });
  return coerced ? { raw, coerced } : { errors };
};

/** As `getVariableValues`, which looks up each type again; null when a variable does not fit. */
const coerceFitting = (definitions: readonly Definition[], raw: Values): Values | null => {
  const coerced: Record<string, unknown> = {};
  try {
    for (const { node, name, type, coerce } of definitions) {
      // An assignment would set the prototype.
      if (name === '__proto__') return null;
      if (Object.hasOwn(raw, name)) coerced[name] = coerce(raw[name]);
      else if (node.defaultValue) coerced[name] = valueFromAST(node.defaultValue, type);
      else if (isNonNullType(type)) return null;
    }
    return coerced;
  } catch {
    return null;
  }
};

/** The same variables, with exact numbers in the form that their types read. */
const withReadNumbers = (definitions: readonly Definition[], sent: Values): Values => {
  if (!definitions.some(({ name }) => holdsExact(sent[name]))) return sent;
  const raw = { ...sent };
  for (const { name, type } of definitions) if (holdsExact(raw[name])) raw[name] = withExactNumbers(raw[name], type);
  return raw;
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
 * floats are. Scalars of our own read an ExactNumber themselves; all other types refuse it.
 */
const withExactNumbers = (value: unknown, type: GraphQLInputType): unknown => {
  if (isNonNullType(type)) return withExactNumbers(value, type.ofType);
  if (typeof value !== 'object' || value === null) return value;
  if (isListType(type))
    return Array.isArray(value)
      ? value.map((item) => withExactNumbers(item, type.ofType))
      : withExactNumbers(value, type.ofType);
  if (value instanceof ExactNumber) {
    if (type.name === 'ID') return integerText(value) ?? value;
    return type.name === 'Float' ? Number(value.text) : value;
  }
  if (!isInputObjectType(type) || Array.isArray(value)) return value;
  const fields = type.getFields();
  const entries = Object.entries(value).map(([name, item]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return [name, field ? withExactNumbers(item, field.type) : item] as const;
  });
  return Object.fromEntries(entries);
};
