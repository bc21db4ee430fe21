import fc from 'fast-check';
import {
  type ExecutionResult,
  execute,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  GraphQLString,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { createExecute } from '../../src/graphql/execute.ts';
import { resultText } from '../../src/graphql/execution/text-result.ts';
import { yieldToEventLoop } from '../../src/lib/yielding.ts';

interface Step {
  readonly fails: boolean;
  readonly isLate: boolean;
  readonly isRequired: boolean;
  /** Of the list in its answer. */
  readonly items: number;
}

const changed = new GraphQLObjectType({
  name: 'Changed',
  fields: {
    name: { type: GraphQLString },
    log: { type: new GraphQLList(GraphQLString), resolve: (_source, _args, { log }: { log: string[] }) => [...log] },
    items: { type: new GraphQLList(GraphQLInt) },
  },
});

const argument = { type: new GraphQLNonNull(GraphQLInt) };

/** Mutations whose effects are in the log of the context; each field of their answers shows what had happened by then. */
const schemaOf = (steps: readonly Step[]): GraphQLSchema => {
  const resolve = async (_source: unknown, { step }: { step: number }, { log }: { log: string[] }) => {
    const { fails, isLate, items } = steps[step] as Step;
    log.push(`begin ${step}`);
    if (isLate) await yieldToEventLoop();
    log.push(`end ${step}`);
    if (fails) throw new Error(`step ${step} failed`);
    return { name: `step ${step}`, items: Array.from({ length: items }, (_, index) => index) };
  };
  const mutation = new GraphQLObjectType({
    name: 'Mutation',
    fields: {
      change: { type: changed, args: { step: argument }, resolve },
      mustChange: { type: new GraphQLNonNull(changed), args: { step: argument }, resolve },
    },
  });
  const query = new GraphQLObjectType({ name: 'Query', fields: { ping: { type: GraphQLInt } } });
  return new GraphQLSchema({ query, mutation });
};

const steps = fc.array(
  fc.record({
    fails: fc.boolean().chain((fails) => (fails ? fc.boolean() : fc.constant(false))),
    isLate: fc.boolean(),
    isRequired: fc.boolean(),
    items: fc.constantFrom(0, 3, 2000),
  }),
  { minLength: 1, maxLength: 5 },
);

describe('the fields of a mutation', () => {
  it('are executed one after the other and answered as graphql-js does, up to one that must not fail', async () => {
    let failed = 0;
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const schema = schemaOf(all);
        const fields = all.map(
          ({ isRequired }, index) =>
            `a${index}: ${isRequired ? 'mustChange' : 'change'}(step: $s${index}) { __typename name log items }`,
        );
        const variables = all.map((_step, index) => `$s${index}: Int!`).join();
        const document = parse(`mutation (${variables}) { __typename ${fields.join(' ')} }`);
        const variableValues = Object.fromEntries(all.map((_step, index) => [`s${index}`, index]));
        const run = async (executeOne: typeof execute) => {
          const log: string[] = [];
          const result: ExecutionResult = await executeOne({ schema, document, variableValues, contextValue: { log } });
          return { log, result };
        };
        const expected = await run(execute);
        if (expected.result.data === null) failed++;
        const ours = createExecute(schema);
        for (let time = 0; time < 2; time++) {
          const found = await run(ours);
          expect(found.log).toEqual(expected.log);
          expect(resultText(found.result)).toBe(JSON.stringify(expected.result));
        }
      }),
      { numRuns: 100, seed: 3 },
    );
    expect(failed).toBeGreaterThan(5);
    expect(failed).toBeLessThan(80);
  });
});
