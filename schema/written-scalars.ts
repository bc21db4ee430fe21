import { Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { jsonDepthMax, parseExactJson } from '../src/lib/exact-json.ts';
import { preview } from '../src/lib/problems.ts';
import { builder } from './builder.ts';

const inputOnly = (): never => {
  throw new Error('the values of records are input only');
};

/** Any JSON value, as a record of a file could have it. */
const writtenValue = (value: unknown): unknown => {
  if (isDeeper(value, jsonDepthMax)) throw new TypeError(`must not nest more than ${jsonDepthMax} levels`);
  // JSON has no notation for values beyond a double; as text the value is refused and named in the message.
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
};

const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

const writtenLiteral = (
  node: ValueNode,
  variables: Parameters<typeof valueFromASTUntyped>[1],
  allowsWords: boolean,
) => {
  // As it is written: a double would round long ones.
  if (node.kind === Kind.INT || node.kind === Kind.FLOAT) return parseExactJson(node.value);
  if (node.kind === Kind.ENUM && !allowsWords) throw new TypeError(`${preview(node.value)} must be in quotes`);
  return writtenValue(valueFromASTUntyped(node, variables));
};

type WrittenScalar = 'ID' | 'String' | 'DateTime' | 'Decimal' | 'IP' | 'UserStatus';

const writtenScalar = (type: WrittenScalar): void => {
  builder.scalarType(`Written${type}`, {
    description: `A \`${type}\` in a record. Any value is accepted here and validated with its record, so that an invalid value rejects only its own record.`,
    serialize: inputOnly,
    parseValue: writtenValue,
    parseLiteral: (node, variables) => writtenLiteral(node, variables, type === 'UserStatus'),
  });
};

for (const type of ['ID', 'String', 'DateTime', 'Decimal', 'IP', 'UserStatus'] as const) writtenScalar(type);
