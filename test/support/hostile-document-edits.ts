import fc from 'fast-check';
import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  Kind,
  Lexer,
  OperationTypeNode,
  parse,
  print,
  Source,
  TokenKind,
  visit,
} from 'graphql';
import { deep, type Edit, indexIn, part, times } from './hostile-parts.ts';

const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'unknownName', '__typename', '__schema', 'x'];
/** Literals of GraphQL in place of others. */
const literals: readonly string[] = [
  ...[
    'null',
    '-1',
    '1e999',
    '9'.repeat(5000),
    `0.${'3'.repeat(5000)}`,
    '-0',
    'true',
    'UNKNOWN',
    '$unknown',
    '__proto__',
  ],
  ...[JSON.stringify('x'.repeat(50_000)), '"\\ud800"', '"\\u{1F600}"', '"\\u0000"', `"""${'\n x'.repeat(5000)}"""`],
  ...['[]', '{}', deep('[', '1', ']', 100), deep('[', '1', ']', 3000), deep('{a:', '1', '}', 3000)],
  ...[`[${'1,'.repeat(2000)}]`, '{__proto__: 1}', '{constructor: {prototype: 1}}', '{a: 1, a: 2}'],
  `{${Array.from({ length: 2000 }, (_, index) => `a${index}: 1`).join(' ')}}`,
];

const types: readonly string[] = [
  ...[
    'Unknown',
    '__proto__',
    'Query',
    'Transaction',
    'Node',
    '__Schema',
    'Int!',
    '[ID!]!',
    'Boolean',
    'String',
    'File',
  ],
  ...[deep('[', 'Int', ']', 100), deep('[', 'ID!', '!]', 3000), 'TransactionFilter', 'Unknown!'],
];

const directives: readonly string[] = [
  ...[
    '@skip(if: false)',
    '@include(if: true)',
    '@include(if: $unknown)',
    '@unknown',
    '@defer',
    '@stream',
    '@__proto__',
  ],
  ...['@deprecated(reason: "x")', '@skip', '@include(if: "true")', '@oneOf', '@specifiedBy(url: "x")'],
];

/** The nodes of a document of some kinds, in order. */
const nodesOf = (document: DocumentNode, kinds: readonly string[]): ASTNode[] => {
  const found: ASTNode[] = [];
  visit(document, {
    enter(node) {
      if (kinds.includes(node.kind)) found.push(node);
    },
  });
  return found;
};

/** The text with the text of a node replaced. */
const replaced = (query: string, node: ASTNode | undefined, text: (own: string) => string): string => {
  if (!node?.loc) return query;
  const { start, end } = node.loc;
  return query.slice(0, start) + text(query.slice(start, end)) + query.slice(end);
};

/** Replaces one node of the kinds. What is no document any more stays as it is. */
const ofNode =
  (kinds: readonly string[], at: number, text: (own: string, node: ASTNode) => string): Edit =>
  (query) => {
    let document: DocumentNode;
    try {
      document = parse(query);
    } catch {
      return query;
    }
    const nodes = nodesOf(document, kinds);
    const node = nodes[indexIn(nodes, at)];
    return replaced(query, node, (own) => text(own, node as ASTNode));
  };

const withAlias = (own: string, node: ASTNode, index: number): string => {
  const { alias, name } = node as FieldNode;
  const head = own.indexOf(name.value, alias ? own.indexOf(':') : 0);
  return `a${index}: ${own.slice(head)}`;
};

/** Fragments that spread each other in a circle, or each the next one twice. */
const fragments = (count: number, type: string, isCircle: boolean): string =>
  Array.from({ length: count }, (_, index) => {
    const next = isCircle ? `c${(index + 1) % count}` : `c${index + 1}`;
    const spread = isCircle ? `...${next}` : index + 1 < count ? `...${next} ...${next}` : '__typename';
    return ` fragment c${index} on ${type} { ${spread} }`;
  }).join('');

const tokensOf = (query: string): { readonly start: number; readonly end: number }[] => {
  const lexer = new Lexer(new Source(query));
  const tokens: { start: number; end: number }[] = [];
  try {
    for (let token = lexer.advance(); token.kind !== TokenKind.EOF; token = lexer.advance()) tokens.push(token);
  } catch {
    // What follows is no token.
  }
  return tokens;
};

const ofToken =
  (at: number, text: (own: string) => string): Edit =>
  (query) => {
    const tokens = tokensOf(query);
    const token = tokens[indexIn(tokens, at)];
    return token
      ? query.slice(0, token.start) + text(query.slice(token.start, token.end)) + query.slice(token.end)
      : query;
  };

const selectionEdits = [
  fc
    .record({ at: part, count: times })
    .map(({ at, count }) =>
      ofNode([Kind.FIELD], at, (own, node) =>
        Array.from({ length: Math.max(1, Math.min(count, 200_000 / own.length)) }, (_, index) =>
          withAlias(own, node, index),
        ).join(' '),
      ),
    ),
  fc
    .record({ at: part, levels: times, name: fc.constantFrom('__typename', 'user', 'nodes', 'node', ...names) })
    .map(({ at, levels, name }) => ofNode([Kind.SELECTION_SET], at, (own) => deep(`{ ${name} `, own, ' }', levels))),
  fc
    .record({
      at: part,
      count: fc.constantFrom(1, 2, 30, 500),
      type: fc.constantFrom('Query', 'Transaction', ...types),
      isCircle: fc.boolean(),
    })
    .map(
      ({ at, count, type, isCircle }): Edit =>
        (query) =>
          `${ofNode([Kind.SELECTION_SET], at, (own) => `{ ...c0 ${own.slice(1)}`)(query)}${fragments(count, type, isCircle)}`,
    ),
  fc
    .record({
      at: part,
      levels: fc.constantFrom(1, 100, 3000),
      type: fc.constantFrom('Query', 'Unknown', 'Transaction', '__proto__'),
    })
    .map(({ at, levels, type }) =>
      ofNode([Kind.SELECTION_SET], at, (own) => deep(`{ ... on ${type} `, own, ' }', levels)),
    ),
  fc
    .record({ at: part, count: times, text: fc.constantFrom(...directives) })
    .map(({ at, count, text }) =>
      ofNode([Kind.FIELD, Kind.VARIABLE_DEFINITION, Kind.OPERATION_DEFINITION], at, (own, node) =>
        node.kind === Kind.FIELD && !(node as FieldNode).selectionSet
          ? `${own} ${`${text} `.repeat(count)}`
          : own.replace(/\s*\{/, ` ${`${text} `.repeat(count)}{`),
      ),
    ),
] as const;

const valueKinds = [Kind.INT, Kind.FLOAT, Kind.STRING, Kind.BOOLEAN, Kind.ENUM, Kind.LIST, Kind.OBJECT, Kind.VARIABLE];

const partEdits = [
  fc
    .record({ at: part, literal: fc.constantFrom(...literals) })
    .map(({ at, literal }) => ofNode(valueKinds, at, () => literal)),
  fc
    .record({ at: part, type: fc.constantFrom(...types) })
    .map(({ at, type }) => ofNode([Kind.NAMED_TYPE, Kind.NON_NULL_TYPE, Kind.LIST_TYPE], at, () => type)),
  fc.record({ at: part, name: fc.constantFrom(...names) }).map(({ at, name }) => ofNode([Kind.NAME], at, () => name)),
  fc
    .record({ at: part, count: times })
    .map(({ at, count }) =>
      ofNode([Kind.ARGUMENT, Kind.OBJECT_FIELD, Kind.VARIABLE_DEFINITION], at, (own) =>
        `${own} `.repeat(Math.min(count, 100_000 / own.length)),
      ),
    ),
  fc.constantFrom(...Object.values(OperationTypeNode)).map(
    (type): Edit =>
      (query) =>
        query.replace(/\b(query|mutation|subscription)\b/, type),
  ),
  fc.record({ at: part, count: times }).map(({ at, count }) => ofToken(at, (own) => `${own} `.repeat(count))),
  part.map((at) => ofToken(at, () => '')),
  fc
    .record({
      at: part,
      text: fc.constantFrom('{', '}', '(', ')', '[', '...', '@', '$', ':', '!', '|', '&', '"', '#', '\ufeff', '\0'),
    })
    .map(({ at, text }) => ofToken(at, (own) => `${own} ${text} `)),
  times.map(
    (count): Edit =>
      (query) =>
        `${query} `.repeat(Math.max(1, Math.min(count, 200_000 / query.length))),
  ),
  fc.constant((query: string): string => {
    try {
      return print(parse(query)).replaceAll('\n', '\r\n,,,');
    } catch {
      return query;
    }
  }),
] as const;

/** One to three edits of the document of an operation. */
export const documentEdits = fc.array(fc.oneof(...selectionEdits, ...partEdits), { minLength: 1, maxLength: 3 });
