import fc from 'fast-check';
import { buildSchema, type FieldNode, getArgumentValues, type OperationDefinitionNode, parse } from 'graphql';
import { expect, it } from 'vitest';
import { argumentsReaderOf } from '../../src/graphql/execution/arguments.ts';

const schema = buildSchema(`
  input Range { from: Int to: Int! = 9 }
  enum Color { RED }
  type Query { field(a: Int, b: Int!, c: String = "c", d: [Int!], e: Range, f: Color! = RED, g: String = null): Int }
`);
const definition = schema.getQueryType()?.getFields().field;

const hasVariable = (node: { readonly kind: string }): boolean => JSON.stringify(node).includes('"Variable"');

/** Texts of an argument: variables, constants that fit or do not, and values that a variable is a part of. */
const values = [
  '$x',
  '$y',
  '1',
  'null',
  '"c"',
  '[1, 2]',
  '[1, $x]',
  '{ from: 1 }',
  '{ to: $y }',
  '{ from: "a" }',
  'RED',
];
const fields = fc
  .uniqueArray(fc.constantFrom(...'abcdefg'), { minLength: 1 })
  .chain((names) => fc.tuple(...names.map((name) => fc.constantFrom(...values).map((value) => `${name}: ${value}`))))
  .map((texts) => {
    const [operation] = parse(`query { field(${texts.join(', ')}) }`).definitions as [OperationDefinitionNode];
    return operation.selectionSet.selections[0] as FieldNode;
  });
const variables = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom(undefined, null, 0, 'text', [1]), {
  noNullPrototype: true,
});

it('reads arguments as graphql-js does, or leaves them to it', () => {
  if (!definition) throw new Error('the schema has no such field');
  let readCount = 0;
  fc.assert(
    fc.property(fields, fc.array(variables, { maxLength: 4 }), (node, sent) => {
      const read = argumentsReaderOf(definition, node, (value) => !hasVariable(value));
      for (const each of sent) {
        const found = read?.(each);
        if (!found) continue;
        readCount++;
        const expected = getArgumentValues(definition, node, each);
        expect(found).toEqual(expected);
        expect(Object.keys(found)).toEqual(Object.keys(expected));
      }
    }),
    { numRuns: 2000 },
  );
  expect(readCount).toBeGreaterThan(0);
});
