import { readFileSync } from 'node:fs';
import {
  type GraphQLNamedType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  printSchema,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { schema } from '../../schema/schema.ts';

const types = Object.values(schema.getTypeMap()).filter(
  (type) => !isSpecifiedScalarType(type) && !type.name.startsWith('__'),
);

interface Described {
  readonly path: string;
  readonly description?: string | null | undefined;
}

const partsOf = (type: GraphQLNamedType): Described[] => {
  if (isEnumType(type))
    return type.getValues().map(({ name, description }) => ({ path: `${type.name}.${name}`, description }));
  if (isInputObjectType(type))
    return Object.values(type.getFields()).map(({ name, description }) => ({
      path: `${type.name}.${name}`,
      description,
    }));
  if (!isObjectType(type) && !isInterfaceType(type)) return [];
  return Object.values(type.getFields()).flatMap(({ name, description, args }) => [
    { path: `${type.name}.${name}`, description },
    ...args.map((arg) => ({ path: `${type.name}.${name}(${arg.name})`, description: arg.description })),
  ]);
};

/** What the Relay specification says of every connection. */
const relayDescriptions = /^PageInfo\.|^\w+Connection\.pageInfo$/;

describe('the schema', () => {
  it('every element of the schema has a description', () => {
    const all = types.flatMap((type): Described[] => [
      { path: type.name, description: type.description },
      ...partsOf(type),
    ]);
    const silent = all.filter(({ path, description }) => !description?.trim() && !relayDescriptions.test(path));
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  it('every connection can be read in both directions and knows its total', () => {
    const connections = types.filter((type) => isObjectType(type) && type.name.endsWith('Connection'));
    const lists = types
      .filter((type) => isObjectType(type) || isInterfaceType(type))
      .flatMap((type) =>
        Object.values(type.getFields()).map((field) => ({ path: `${type.name}.${field.name}`, field })),
      )
      .filter(({ field }) => connections.includes(getNamedType(field.type)));
    expect(lists.length).toBeGreaterThan(connections.length);
    const argumentsOf = ({ field }: (typeof lists)[number]) => field.args.map(({ name }) => name);
    const paging = ['first', 'after', 'last', 'before'];
    expect(lists.filter((list) => !paging.every((name) => argumentsOf(list).includes(name)))).toEqual([]);
    expect(connections.filter((type) => isObjectType(type) && !type.getFields().totalCount)).toEqual([]);
  });

  it('schema/schema.graphql matches the schema of the program (if stale, run npm run codegen)', () => {
    const file = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');
    expect(file).toBe(`${printSchema(schema)}\n`);
  });
});
