import fc from 'fast-check';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { validateInSlices } from '../../src/graphql/sliced-validation.ts';
import { validateDocument } from '../../src/graphql/trusted-documents/validate-document.ts';
import { createValidation, shapeOf } from '../../src/graphql/validation.ts';
import { hostileBodies } from '../support/hostile-documents.ts';

const shape = (text: string): string => shapeOf(parse(text)).text;

describe('the shape of a document', () => {
  it.each([
    ['{ a(b: 1) }', '{ a(b: 2) }'],
    ['{ a(b: "x") }', '{\n  # a comment\n  a(b: "} {"), }'],
    ['{ a(b: """x""") }', '{ a(b: """y\n""") }'],
    ['{ a(b: [1, 2, 1]) }', '{ a(b: [3, 1, 3]) }'],
  ])('of %s is that of %s', (one, other) => expect(shape(one)).toBe(shape(other)));

  it.each([
    ['{ a(b: 1) }', '{ a(b: 1.0) }'],
    ['{ a(b: 1) }', '{ a(b: "1") }'],
    ['{ a(b: "x") }', '{ a(b: """x""") }'],
    ['{ a(b: 1) a(b: 1) }', '{ a(b: 1) a(b: 2) }'],
    ['{ a(b: true) }', '{ a(b: false) }'],
    ['{ a(b: null) }', '{ a(b: x) }'],
    ['{ ab }', '{ a b }'],
    ['{ ...a }', '{ a }'],
    ['{ a1 }', '{ a2 }'],
    ['query ($a: Int = 1) { b(a: $a) }', 'query ($a: Int! = 1) { b(a: $a) }'],
  ])('of %s is not that of %s', (one, other) => expect(shape(one)).not.toBe(shape(other)));
});

/** Literals of each kind, some of which fit. */
const literal = fc.constantFrom(
  ...['1', '-2', '0', '9007199254740993', '99999999999', '1.5', '1e3'],
  ...['"1"', '"u-1"', '""', '"2017-02-10"', '"no date"', '"""2017-02-10"""', '"10.0.0.1"', '"a"', '"} {"'],
  ...['true', 'null', 'PAYING', '$v', '[1]', '["a", "b"]', '{ a: 1 }'],
);

/** Documents with holes for literals. */
const templates = [
  (a: string, b: string) => `{ userStatus(userId: ${a}, date: ${b}) { status } }`,
  (a: string, b: string) =>
    `{ x: userStatus(userId: ${a}, date: "2020-01-01") { status } x: userStatus(userId: ${b}, date: "2020-01-01") { status } }`,
  (a: string, b: string) =>
    `query ($v: Int = ${a}) { transactions(first: ${b}) { totalCount } sql(query: "select 1", first: $v) { rowCount } }`,
  (a: string, b: string) => `{ sql(query: ${a}, parameters: ${b}) { rowCount } }`,
  (a: string, b: string) => `{ sql(query: "select 1", parameters: [${a}, ${b}]) { rowCount } }`,
  (a: string, b: string) => `{ transactions(where: { userIds: [${a}, ${b}] }, first: 2) { nodes { id } } }`,
  (a: string, b: string) => `{ dashboard(symbols: ${a}, timeZone: ${b}) { total { count } } }`,
  (a: string, b: string) => `{ nodes(ids: [${a}]) { id } ipCity(ip: ${b}) { city } }`,
  (a: string, b: string) =>
    `mutation { recordStatusChanges(input: { changes: [{ userId: ${a}, status: PAYING, effectiveAt: ${b} }] }) { __typename } }`,
];

const messages = (errors: ReturnType<typeof validate>): unknown[] =>
  errors.map((error) => ({ ...error.toJSON(), message: error.message }));

describe('validation by shapes', () => {
  it('has the errors of all rules, whatever was validated before', () => {
    const documents = fc
      .tuple(fc.constantFrom(...templates), literal, literal)
      .map(([template, a, b]) => template(a, b))
      // A default value has no variables.
      .filter((text) => !text.includes('= $v'));
    const validation = createValidation(schema, 100);
    fc.assert(
      fc.property(documents, (text) => {
        const document = parse(text);
        expect(messages(validation.validate(document))).toEqual(messages(validate(schema, document)));
      }),
      { numRuns: 3000 },
    );
  });
});

describe('validation in slices', () => {
  it('has the same errors in the same order, up to the same number', async () => {
    const valid = hostileBodies.flatMap(({ name, body }) => {
      if (typeof body !== 'string' || !name.startsWith('document: ')) return [];
      const { query } = JSON.parse(body) as { query: string };
      try {
        return [[name, parse(query, { maxTokens: 5000 })] as const];
      } catch {
        return [];
      }
    });
    expect(valid.length).toBeGreaterThan(50);
    const errorsMax = 3;
    for (const [name, document] of valid) {
      const expected = validateDocument(schema, document, errorsMax);
      const errors = await validateInSlices(schema, document, errorsMax);
      expect([name, messages(errors)]).toEqual([name, messages(expected)]);
    }
  });

  it('of a subscription whose fields depend on a variable is an error of the document', async () => {
    const document = parse('subscription ($b: Boolean!) { changes @include(if: $b) { __typename } }');
    const location = { line: 1, column: 52 };
    const message =
      'Argument "if" of required type "Boolean!" was provided the variable "$b" which was not provided a runtime value.';
    const expected = [{ message, locations: [location] }];
    expect(messages(validateDocument(schema, document))).toEqual(expected);
    expect(messages(createValidation(schema, 3).validate(document))).toEqual(expected);
    expect(messages(await validateInSlices(schema, document, 3))).toEqual(expected);
  });
});
