import fc from 'fast-check';
import {
  coerceInputValue,
  GraphQLBoolean,
  GraphQLEnumType,
  GraphQLID,
  type GraphQLInputObjectType,
  type GraphQLInputType,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLString,
  GraphQLInputObjectType as InputObject,
  isInputType,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { coercerOf } from '../../src/graphql/coercers.ts';

const color = new GraphQLEnumType({ name: 'Color', values: { RED: { value: 1 }, BLUE: {} } });
const leaf = new InputObject({
  name: 'Leaf',
  fields: {
    id: { type: new GraphQLNonNull(GraphQLID) },
    color: { type: color, defaultValue: 1 },
    count: { type: GraphQLInt },
  },
});
const either = new InputObject({
  name: 'Either',
  isOneOf: true,
  fields: { text: { type: GraphQLString }, leaf: { type: leaf } },
});
const tree: GraphQLInputObjectType = new InputObject({
  name: 'Tree',
  fields: () => ({
    leaves: { type: new GraphQLList(new GraphQLNonNull(leaf)) },
    both: { type: new GraphQLList(tree) },
    either: { type: either },
    grid: { type: new GraphQLList(new GraphQLList(GraphQLInt)) },
    is: { type: new GraphQLNonNull(GraphQLBoolean), defaultValue: false },
  }),
});
const types: readonly GraphQLInputType[] = [
  tree,
  new GraphQLNonNull(new GraphQLList(tree)),
  leaf,
  either,
  // The filters of the schema contain each other.
  ...Object.values(schema.getTypeMap()).flatMap((type) => (isInputType(type) ? [type as GraphQLInputType] : [])),
];

/** Values that often fit: with the names of fields of the type, and values of their types. */
const valuesOf = (type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> => {
  const odd = fc.constantFrom<unknown>(null, undefined, 1, 'x', true, [], {}, [[]], { unknown: 1 }, 'RED');
  if (type instanceof GraphQLNonNull) return valuesOf(type.ofType as GraphQLInputType, depth);
  const fitting = (): fc.Arbitrary<unknown> => {
    if (type instanceof GraphQLList) {
      const item = valuesOf(type.ofType as GraphQLInputType, depth - 1);
      return fc.oneof({ weight: 4, arbitrary: fc.array(item, { maxLength: 3 }) }, item);
    }
    if (type instanceof InputObject) {
      const fields = Object.values(type.getFields()).map(({ name, type: ofField }) => [
        name,
        valuesOf(ofField, depth - 1),
      ]);
      return fc.record(Object.fromEntries(fields), { requiredKeys: [] });
    }
    if (type instanceof GraphQLEnumType) return fc.constantFrom(...type.getValues().map(({ name }) => name));
    return fc.constantFrom<unknown>(1, '2', true, 'text', '2025-01-01', '1.5');
  };
  return depth === 0 ? odd : fc.oneof({ weight: 12, arbitrary: fitting() }, { weight: 1, arbitrary: odd });
};

const misfit = Symbol('does not fit');

const resultOf = (coerce: () => unknown): unknown => {
  try {
    return coerce();
  } catch {
    return misfit;
  }
};

describe('the coercers of variables', () => {
  it('return what coerceInputValue of graphql-js returns, for values that fit and for others', () => {
    let fitting = 0;
    fc.assert(
      fc.property(
        fc.constantFrom(...types).chain((type) => fc.tuple(fc.constant(type), valuesOf(type, 4))),
        ([type, value]) => {
          const expected = resultOf(() => coerceInputValue(value, type));
          expect(resultOf(() => coercerOf(type, new Map())(value))).toStrictEqual(expected);
          if (expected !== misfit) fitting++;
        },
      ),
      { numRuns: 3000, seed: 7 },
    );
    expect(fitting).toBeGreaterThan(500);
    expect(fitting).toBeLessThan(2900);
  });
});
