import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  isNonNullType,
  Kind,
  type ValueNode,
  valueFromAST,
} from 'graphql';

export type Arguments = Readonly<Record<string, unknown>>;

/** Reads arguments from coerced variables; null where graphql-js has to read them, because it knows what is wrong. */
export type ArgumentsReader = (variables: Readonly<Record<string, unknown>>) => Arguments | null;

/** An argument whose value is a variable, or the same for all requests. */
interface ArgumentPlan {
  readonly name: string;
  /** Null for a constant. */
  readonly variable: string | null;
  /** The constant, or what applies where there is no such variable. */
  readonly value: unknown;
  readonly isNullable: boolean;
}

/**
 * How the arguments of a field are read as `getArgumentValues` of graphql-js does, which finds out for each request which
 * nodes there are. Null for a field where a variable is a part of a value, or where an argument does not fit.
 */
export const argumentsReaderOf = (
  { args }: GraphQLField<unknown, unknown>,
  { arguments: nodes = [] }: FieldNode,
  isConstant: (node: ValueNode) => boolean,
): ArgumentsReader | null => {
  const plans: ArgumentPlan[] = [];
  for (const arg of args) {
    const node = nodes.find(({ name }) => name.value === arg.name)?.value;
    const plan = argumentPlanOf(arg, node, isConstant);
    if (!plan) return null;
    if (plan.value !== undefined || plan.variable !== null) plans.push(plan);
  }
  return (variables) => {
    const read: Record<string, unknown> = {};
    for (const { name, variable, value, isNullable } of plans) {
      if (variable === null) read[name] = value;
      else if (Object.hasOwn(variables, variable)) {
        const coerced = variables[variable];
        if (coerced === undefined || (coerced === null && !isNullable)) return null;
        read[name] = coerced;
      } else if (value !== undefined) read[name] = value;
      else if (!isNullable) return null;
    }
    return read;
  };
};

const argumentPlanOf = (
  { name, type, defaultValue }: GraphQLArgument,
  node: ValueNode | undefined,
  isConstant: (node: ValueNode) => boolean,
): ArgumentPlan | null => {
  const isNullable = !isNonNullType(type);
  if (!node)
    return defaultValue === undefined && !isNullable ? null : { name, variable: null, value: defaultValue, isNullable };
  if (node.kind === Kind.VARIABLE) return { name, variable: node.name.value, value: defaultValue, isNullable };
  if (!isConstant(node)) return null;
  const value = valueFromAST(node, type);
  return value === undefined ? null : { name, variable: null, value, isNullable };
};
