import { type FieldNode, Kind, type ValueNode } from 'graphql';

/** Coerced, with their defaults. */
export type Variables = Readonly<Record<string, unknown>>;

/** Values in a coerced value, itself included. */
export const countOf = (value: unknown): number => {
  let count = 0;
  const pending = [value];
  while (pending.length > 0) {
    const next = pending.pop();
    count++;
    if (typeof next !== 'object' || next === null) continue;
    if (Array.isArray(next)) for (const item of next) pending.push(item);
    else if (isPlainObject(next)) for (const name in next) pending.push((next as Variables)[name]);
  }
  return count;
};

/** Whether it is an input object, and not the value of a scalar, such as a file. */
const isPlainObject = (value: object): boolean => {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
};

/** Values in the arguments of a field. Deep literals were refused before. */
export const valuesIn = ({ arguments: args = [] }: FieldNode, variables: Variables): number =>
  args.reduce((sum, { value }) => sum + valuesOf(value, variables), 0);

const valuesOf = (node: ValueNode, variables: Variables): number => {
  if (node.kind === Kind.VARIABLE) return Math.max(0, countOf(variables[node.name.value]) - 1);
  if (node.kind === Kind.LIST) return node.values.reduce((sum, value) => sum + 1 + valuesOf(value, variables), 0);
  if (node.kind === Kind.OBJECT) return node.fields.reduce((sum, { value }) => sum + 1 + valuesOf(value, variables), 0);
  return 0;
};
