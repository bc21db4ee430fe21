/** The scope of a caller, or none. */
export type Caller = 'nobody' | 'read' | 'ingest';

/** A request that would cost much, and who sends it. */
export interface HostileRequest {
  readonly name: string;
  readonly caller: Caller;
  /** Default: POST to `/graphql`. */
  readonly method?: 'GET' | 'POST';
  readonly path?: string;
  /** Beside the type JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

const repeated = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const request = (query: string, variables: object = {}): string => JSON.stringify({ query, variables });

const statuses = 'query ($s: [UserStatus!]) { transactions(where: { userStatus: $s }) { totalCount } }';
const badStatuses = (count: number): string => request(statuses, { s: Array.from({ length: count }, () => 'PAYIN') });
const aliased = (count: number, field: string): string => `{ ${repeated(count, (index) => `a${index}: ${field}`)} }`;
const ofRows = (rows: number, fields: string): string =>
  request(`{ transactions(first: ${rows}) { nodes { ${fields} } } }`);
const deep = (open: string, close: string, levels: number): string =>
  `{"query":"{ __typename }","variables":{"a":${open.repeat(levels)}1${close.repeat(levels)}}}`;
const userIds = Array.from({ length: 9999 }, (_, index) => `u${index}`);
const nodeIds = Array.from({ length: 1000 }, (_, index) => Buffer.from(`User:u${index}`).toString('base64url'));
const groups = (by: string, more = ''): string => `enrichedAggregate(groupBy: [${by}]${more}) { totalCount }`;
const introspected =
  '__schema { types { name fields { name args { name type { name ofType { name ofType { name } } } } } } }';

const bodies: readonly (readonly [name: string, body: string])[] = [
  ['bad enum values, 80 kB', badStatuses(10_000)],
  ['bad enum values, 900 kB', badStatuses(110_000)],
  ['50,000 levels of objects', deep('{"a":', '}', 50_000)],
  ['50,000 levels of lists', deep('[', ']', 50_000)],
  ['1,900,000 empty lists', request('{ __typename }', { a: Array.from({ length: 1_900_000 }, () => []) })],
  ['introspection', request(`{ ${introspected} }`)],
  ['introspection, 100 times', request(aliased(100, introspected))],
  [
    'provenance, 100 times',
    ofRows(
      1000,
      repeated(100, (index) => `a${index}: provenance { source line }`),
    ),
  ],
  [
    'provenance, 40 times',
    ofRows(
      1000,
      repeated(40, (index) => `a${index}: provenance { source line }`),
    ),
  ],
  [
    'enrichment, 80 times',
    ofRows(
      1000,
      repeated(80, (index) => `a${index}: enrichment(asOf: { sequence: ${index + 1} }) { country }`),
    ),
  ],
  [
    'enrichment, 60 times',
    ofRows(
      1000,
      repeated(60, (index) => `a${index}: enrichment(asOf: { sequence: ${index + 1} }) { country }`),
    ),
  ],
  ['conversations, 100 times', request(aliased(100, 'conversations(first: 1000) { nodes { uuid } totalCount }'))],
  ['nodes, 400 times', request(`query ($ids: [ID!]!) ${aliased(400, 'nodes(ids: $ids) { id }')}`, { ids: nodeIds })],
  ['nodes, 60 times', request(`query ($ids: [ID!]!) ${aliased(60, 'nodes(ids: $ids) { id }')}`, { ids: nodeIds })],
  [
    'lists of 9,999, 20 times',
    request(`query ($in: [ID!]) ${aliased(20, 'enrichedAggregate(where: { userIds: $in }) { totalCount }')}`, {
      in: userIds,
    }),
  ],
  [
    'lists of 9,999, 10 times',
    request(`query ($in: [ID!]) ${aliased(10, 'enrichedAggregate(where: { userIds: $in }) { totalCount }')}`, {
      in: userIds,
    }),
  ],
  ['groups by user and product, 20 times', request(aliased(20, groups('USER, PRODUCT')))],
  ['groups by user', request(aliased(1, groups('USER', ', orderBy: [{ byMeasure: { measure: MEDIAN } }]')))],
  [
    'groups by product, all measures, 20 times',
    request(
      aliased(
        20,
        'enrichedAggregate(groupBy: [PRODUCT], first: 1000) { nodes { measures { count sum min max median distinctUsers } } }',
      ),
    ),
  ],
  [
    'facts of groups',
    request(
      '{ enrichedAggregate(groupBy: [PRODUCT], first: 1000) { nodes { facts(first: 40) { nodes { userId occurredAt amount } } } } }',
    ),
  ],
  [
    'sorted pages, 20 times',
    request(aliased(20, 'transactions(first: 1000, orderBy: { by: AMOUNT, direction: DESC }) { nodes { amount } }')),
  ],
  [
    'a page of 1000 with 50 fields',
    ofRows(
      1000,
      repeated(50, (index) => `a${index}: amount`),
    ),
  ],
  ['repeated fields', request(`{ server { ${'version '.repeat(4980)} } }`)],
  [
    'fragments in one place',
    request(
      `{ ${repeated(500, (index) => `...f${index}`)} } ${repeated(500, (index) => `fragment f${index} on Query { __typename }`)}`,
    ),
  ],
  [
    '900 operations',
    JSON.stringify({ query: repeated(900, (index) => `query f${index} { __typename }`), operationName: 'f1' }),
  ],
  ['a valid document of 240 kB', request(`{ ${repeated(1200, (index) => `${'a'.repeat(180)}${index}: __typename`)} }`)],
  [
    'a valid document of 5,000 tokens',
    request(
      `query (${repeated(150, (index) => `$v${index}: Boolean!`)}) { ${repeated(150, (index) => `a${index}: user(userId: "u${index}") { userId @skip(if: $v${index}) ... on User { userId @include(if: $v${index}) } }`)} }`,
      Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`v${index}`, false])),
    ),
  ],
  ['a text of 7 MB', request(`{ user(userId: "${'x'.repeat(7_000_000)}") { userId } }`)],
  ['10,000 aliases', request(aliased(10_000, '__typename'))],
];

/** Each with a key of scope read, and without. */
export const hostileDocuments: readonly HostileRequest[] = (['nobody', 'read'] as const).flatMap((caller) =>
  bodies.map(([name, body]) => ({ name, body, caller })),
);
