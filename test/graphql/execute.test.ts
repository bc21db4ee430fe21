import fc from 'fast-check';
import {
  type ExecutionResult,
  execute,
  GraphQLID,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLUnionType,
  getIntrospectionQuery,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it, onTestFinished } from 'vitest';
import { schema } from '../../schema/schema.ts';
import { readConfig } from '../../src/config.ts';
import { createContextFactory } from '../../src/context.ts';
import { readExamples } from '../../src/graphql/examples.ts';
import { createExecute } from '../../src/graphql/execute.ts';
import { resultText, withExtensions } from '../../src/graphql/execution/text-result.ts';
import { fixedFields, fixedObjects } from '../../src/graphql/fixed-objects.ts';
import { noObserver } from '../../src/lib/telemetry.ts';
import { type OpenApp, openApp, origin } from '../support/app.ts';
import { demoApp } from '../support/demo-app.ts';
import { oddSchema } from '../support/odd-schema.ts';
import { type RandomOperation, randomOperation } from '../support/random-operations.ts';

/** A number that depends on a text only. */
const hashOf = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
};

const choicesOf = (seed: number) => {
  let count = 0;
  return { below: (limit: number) => hashOf(`${seed} ${count++}`) % limit };
};

type Execute = typeof execute;

/** Makes contexts as requests have, at one instant. */
const contextsOf = ({ app: { domains, ledger }, data }: OpenApp) => {
  const server = {
    version: '1',
    startedAtUs: 0,
    rebuildUs: 1,
    builtAtUs: 1,
    isStopping: false,
    projections: () => [],
    interrupted: new AbortController().signal,
  };
  const nowUs = () => Date.UTC(2025, 11, 1) * 1000;
  const services = {
    ...domains,
    config: readConfig({ data }),
    ledger,
    server,
    nowUs,
    observer: noObserver,
    trustedDocuments: () => [],
  };
  const createContext = createContextFactory(services);
  return () => createContext({ caller: null, origin, requestId: 'test' });
};

interface Setting {
  readonly schema: GraphQLSchema;
  /** A fresh context, as each request has. */
  readonly contextOf?: () => unknown;
}

/** What a client gets from both executors. */
const bothTexts = async (
  ours: Execute,
  { schema, contextOf = () => undefined }: Setting,
  { text, variables }: RandomOperation,
) => {
  const document = parse(text);
  if (validate(schema, document).length > 0) return null;
  const variableValues = JSON.parse(JSON.stringify(variables)) as Record<string, unknown>;
  const argsOf = () => ({ schema, document, variableValues, contextValue: contextOf() });
  const expected: ExecutionResult = await execute(argsOf());
  // Twice: the second time with the plan of the first.
  const found = [resultText(await ours(argsOf())), resultText(await ours(argsOf()))];
  return { expected: JSON.stringify(expected), found, result: expected };
};

describe('compiled execution', () => {
  it('answers random operations over odd values with the bytes of graphql-js', async () => {
    const counts = { operations: 0, errors: 0, data: 0 };
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.nat(), async (seed, oddities) => {
        const odd = oddSchema({ below: (text, count) => hashOf(`${oddities} ${text}`) % count });
        const texts = await bothTexts(createExecute(odd), { schema: odd }, randomOperation(odd, choicesOf(seed)));
        if (!texts) return;
        counts.operations++;
        if (texts.result.errors) counts.errors++;
        if (texts.result.data) counts.data++;
        expect(texts.found).toEqual([texts.expected, texts.expected]);
      }),
      { numRuns: 150 },
    );
    // The operations are not all refused, nor all harmless.
    expect(counts.operations).toBeGreaterThan(100);
    expect(counts.errors).toBeGreaterThan(30);
    expect(counts.data).toBeGreaterThan(30);
  });

  it('answers the example operations and random ones over the demo with the bytes of graphql-js', async () => {
    const opened = await demoApp();
    onTestFinished(opened.close);
    const contextOf = contextsOf(opened);
    const ours = createExecute(schema, fixedObjects);
    const queries = readExamples().filter(({ query }) => /^query\b/m.test(query));
    expect(queries.length).toBeGreaterThan(8);
    for (const { query, variables } of queries) {
      const texts = await bothTexts(
        ours,
        { schema, contextOf },
        { text: query, variables: JSON.parse(variables || '{}') },
      );
      expect(texts?.found, query).toEqual([texts?.expected, texts?.expected]);
      expect(texts?.result.errors, query).toBeUndefined();
    }
    const fields = Object.keys(schema.getQueryType()?.getFields() ?? {});
    const rootFields = fields.filter((name) => !notRepeatable.includes(name));
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const operation = randomOperation(schema, choicesOf(seed), { rootFields, scalars, depthMax: 4 });
        const texts = await bothTexts(ours, { schema, contextOf }, operation);
        if (texts) expect(texts.found).toEqual([texts.expected, texts.expected]);
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('answers introspection with the bytes of graphql-js', async () => {
    const text = `${getIntrospectionQuery({ inputValueDeprecation: true })}
      query ByName($name: String!, $all: Boolean!) { a: __type(name: $name) { name fields(includeDeprecated: $all) { name } } b: __type(name: "") { name } }`;
    for (const [operationName, variableValues] of [
      ['IntrospectionQuery', {}],
      ['ByName', { name: 'Query', all: true }],
      ['ByName', { name: 'Nothing', all: false }],
    ] as const) {
      const args = { schema, document: parse(text), operationName, variableValues };
      expect(resultText(await createExecute(schema)(args))).toBe(JSON.stringify(await execute(args)));
    }
  });

  it('leaves no rejected promise behind when a list fails at once', async () => {
    const item = new GraphQLObjectType({
      name: 'Item',
      fields: { id: { type: new GraphQLNonNull(GraphQLID), resolve: () => Promise.reject(new Error('late')) } },
    });
    const items = new GraphQLList(new GraphQLNonNull(item));
    const query = new GraphQLObjectType({
      name: 'Query',
      fields: { items: { type: items, resolve: () => [{}, null] } },
    });
    const small = new GraphQLSchema({ query });
    const document = parse('{ items { id } }');
    // The test run fails at a promise that nobody handles.
    const result = await createExecute(small)({ schema: small, document });
    expect(result.errors).toMatchObject([{ path: ['items', 1] }]);
    expect(result.data).toEqual({ items: null });
  });

  it('fails a field of an object that is not of its type', async () => {
    const fields = { id: { type: GraphQLID } };
    const cat = new GraphQLObjectType({ name: 'Cat', fields, isTypeOf: () => false });
    const dog = new GraphQLObjectType({ name: 'Dog', fields });
    const named = (name: unknown) =>
      new GraphQLUnionType({ name: `Of${String(name)}`, types: [dog], resolveType: () => name as string });
    const wrong = Object.fromEntries(
      ['Cat', 'Query', 'Nothing', undefined].map((name) => [
        `as${String(name)}`,
        { type: named(name), resolve: () => ({}) },
      ]),
    );
    const query = new GraphQLObjectType({
      name: 'Query',
      fields: { cat: { type: cat, resolve: () => ({}) }, ...wrong },
    });
    const small = new GraphQLSchema({ query, types: [cat] });
    const document = parse(
      `{ cat { id } ${Object.keys(wrong)
        .map((name) => `${name} { __typename }`)
        .join(' ')} }`,
    );
    const result = await createExecute(small)({ schema: small, document });
    expect(result.errors?.map(({ path }) => path)).toEqual([['cat'], ...Object.keys(wrong).map((name) => [name])]);
    // Bugs, whose messages clients do not see.
    expect(result.errors?.every(({ originalError }) => originalError?.name === 'Error')).toBe(true);
  });

  it('writes the data with extensions', async () => {
    const query = new GraphQLObjectType({ name: 'Query', fields: { id: { type: GraphQLID, resolve: () => 'a"b' } } });
    const small = new GraphQLSchema({ query });
    const result = await createExecute(small)({ schema: small, document: parse('{ id __proto__: id }') });
    const text = '"data":{"id":"a\\"b","__proto__":"a\\"b"}';
    expect(resultText(result)).toBe(`{${text}}`);
    expect(resultText(withExtensions(result, { cost: 1 }))).toBe(`{${text},"extensions":{"cost":1}}`);
    expect(JSON.stringify(result)).toBe(`{${text}}`);
  });
});

const factFields = `
  id transactionId occurredAt receivedAt amount productId ip
  enrichment { userStatus { status validFrom validTo } ipCity { city kind range { city cidrs } } country gender age hasImage }
  then: enrichment(asOf: { validAt: "2025-06-02" }) { userStatus { status } }
`;

it('writes records anew when the ledger has grown', async () => {
  const opened = await openApp();
  onTestFinished(opened.close);
  const { app, importFile, query } = opened;
  const contextOf = contextsOf(opened);
  const ours = createExecute(schema, fixedObjects);
  const buyers = ['a', 'b', 'c'];
  const lines = buyers.map((user, index) =>
    JSON.stringify({
      click_id: index,
      created_at: '2025-06-03',
      product_id: 'p',
      product_price: 1,
      user_id: user,
      ip: '10.0.0.1',
    }),
  );
  await importFile('transactions', { name: 'sales.jsonl', text: lines.join('\n') });
  const sequence = app.ledger.snapshot().sequence;
  const texts = [
    `{ transactions { nodes { ${factFields} } } }`,
    `{ transactions { edges { node { ${factFields} provenance { source } } enrichment { country } } } }`,
    `query ($at: DateTime = "2025-06-02") { transactions { nodes { amount enrichment(asOf: { validAt: $at }) { userStatus { status } } } } }`,
    `{ transactions { nodes { amount enrichment(asOf: { sequence: ${sequence} }) { userStatus { status } ipCity { city } } } } }`,
    '{ enrichedAggregate { nodes { facts { nodes { id amount enrichment { userStatus { status } } } } } } }',
  ];
  const documents = texts.map((text) => parse(text));
  const compare = async () => {
    for (const document of documents)
      for (const variableValues of [{}, { at: '2025-06-04' }]) {
        const expected = JSON.stringify(await execute({ schema, document, variableValues, contextValue: contextOf() }));
        for (let time = 0; time < 3; time++) {
          const found = await ours({ schema, document, variableValues, contextValue: contextOf() });
          expect(resultText(found)).toBe(expected);
        }
      }
  };
  const change = (userId: string, status: string, effectiveAt: string) =>
    query(
      'mutation ($change: StatusChangeInput!) { recordStatusChanges(input: { changes: [$change] }) { __typename } }',
      {
        change: { userId, status, effectiveAt },
      },
    );
  await compare();
  await change('a', 'PAYING', '2025-06-01');
  await compare();
  await importFile('ip-ranges', { name: 'ranges.csv', text: 'cidr,city\n10.0.0.0/8,Old\n' });
  await compare();
  await importFile('users', { name: 'users.csv', text: 'user_id,country,gender\na,DE,f\nb,FR,m\n' });
  await compare();
  await importFile('ip-ranges', { name: 'ranges.csv', text: 'cidr,city\n10.0.0.0/16,New\n' });
  await change('b', 'CANCELLED', '2025-06-01');
  await change('a', 'CANCELLED', '2025-06-02T12:00:00Z');
  await compare();
});

it('knows fixed fields that the schema has', () => {
  for (const [name, fields] of Object.entries(fixedFields))
    expect(Object.keys((schema.getType(name) as GraphQLObjectType).getFields())).toEqual(
      expect.arrayContaining([...fields]),
    );
});

/** Root fields that run programs of their own. */
const notRepeatable = ['sql'];

const scalars = {
  DateTime: ['2025-06-01', '2025-09-19T14:09:41Z', '2024-01-01T00:00:00Z'],
  LocalDate: ['2025-06-01', '2025-10-01'],
  IP: ['10.20.70.9', '8.8.8.8'],
  Decimal: ['10', '19.9'],
  BigInt: [0, 100, 6133],
  TimeZone: ['UTC', 'Europe/Berlin'],
  Duration: ['PT24H', 'P1D'],
  Letter: ['a', 'b'],
  UUID: ['018f5b0e-0000-7000-8000-000000000000'],
  ID: ['u-1001', 'u-1002', 'VHJhbnNhY3Rpb246MQ', 'checkout'],
  Int: [0, 1, 3, 20],
  String: ['checkout', 'a', 'DE', 'Lisbon'],
};
