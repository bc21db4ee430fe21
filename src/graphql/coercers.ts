import {
  type GraphQLInputObjectType,
  type GraphQLInputType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
} from 'graphql';

/** The coerced value of a variable or a part of it. Throws anything for one that does not fit. */
export type Coerce = (value: unknown) => unknown;

const misfit = (): never => {
  throw new TypeError('a variable does not fit');
};

/**
 * As `coerceInputValue` of graphql-js, which finds out for each value what its type is and where it stands: a third of the time
 * for a long list of objects. `known` has the coercers of the types of input objects, which may contain each other.
 */
export const coercerOf = (type: GraphQLInputType, known: Map<GraphQLInputObjectType, Coerce>): Coerce => {
  if (isNonNullType(type)) {
    const coerce = coercerOf(type.ofType, known);
    return (value) => coerce(value ?? misfit());
  }
  const coerce = presentCoercerOf(type, known);
  return (value) => (value === null || value === undefined ? null : coerce(value));
};

/** For values that are not null. */
const presentCoercerOf = (type: GraphQLInputType, known: Map<GraphQLInputObjectType, Coerce>): Coerce => {
  if (isListType(type)) return listCoercer(coercerOf(type.ofType, known));
  if (isInputObjectType(type)) {
    const coerce = known.get(type) ?? objectCoercer(type, known);
    known.set(type, coerce);
    return coerce;
  }
  if (!isLeafType(type)) throw new Error('an input type has another kind');
  return (value) => {
    const parsed: unknown = type.parseValue(value);
    return parsed === undefined ? misfit() : parsed;
  };
};

/** A value that is no list counts as a list of one. */
const listCoercer =
  (coerceItem: Coerce): Coerce =>
  (value) => {
    if (Array.isArray(value)) return Array.from(value, (item) => coerceItem(item));
    const isIterable = typeof value === 'object' && value !== null && Symbol.iterator in value;
    return isIterable ? Array.from(value as Iterable<unknown>, (item) => coerceItem(item)) : [coerceItem(value)];
  };

interface Field {
  readonly name: string;
  readonly isRequired: boolean;
  readonly defaultValue: unknown;
  readonly coerce: Coerce;
}

const objectCoercer = (type: GraphQLInputObjectType, known: Map<GraphQLInputObjectType, Coerce>): Coerce => {
  let fields: readonly Field[] | undefined;
  let names: ReadonlySet<string> = new Set();
  // When it is first used: its fields may contain the type itself.
  const read = (): readonly Field[] => {
    const all = Object.values(type.getFields());
    names = new Set(all.map(({ name }) => name));
    return all.map(({ name, type: ofField, defaultValue }) => ({
      ...{ name, defaultValue, isRequired: isNonNullType(ofField) },
      coerce: coercerOf(ofField, known),
    }));
  };
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return misfit();
    fields ??= read();
    const coerced: Record<string, unknown> = {};
    for (const { name, isRequired, defaultValue, coerce } of fields) {
      const ofField = (value as Readonly<Record<string, unknown>>)[name];
      if (ofField !== undefined) coerced[name] = coerce(ofField);
      else if (defaultValue !== undefined) coerced[name] = defaultValue;
      else if (isRequired) return misfit();
    }
    for (const name of Object.keys(value)) if (!names.has(name)) return misfit();
    return type.isOneOf ? theOnlyOne(coerced) : coerced;
  };
};

const theOnlyOne = (coerced: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> => {
  const [name, ...others] = Object.keys(coerced);
  return name === undefined || others.length > 0 || coerced[name] === null ? misfit() : coerced;
};
