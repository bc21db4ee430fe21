import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

/** What a client sends to /graphql to harm the server. */
export interface HostileBody {
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

const repeated = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(' ');

const requestOf = (query: string, variables: unknown = {}): string => JSON.stringify({ query, variables });

const filterQuery = 'query ($w: TransactionFilter) { transactions(where: $w) { totalCount } }';
const withFilter = (json: string): string => `{"query":${JSON.stringify(filterQuery)},"variables":{"w":${json}}}`;

const aliased = (count: number, field: string): string => `{ ${repeated(count, (index) => `a${index}: ${field}`)} }`;

/** Each fragment contains the next one twice. */
const doubling = (levels: number): string =>
  `{ ...f0 } ${repeated(levels, (index) => `fragment f${index} on Query { ...f${index + 1} ...f${index + 1} }`)} fragment f${levels} on Query { server { version } }`;

const doublingAliases = (levels: number): string =>
  `{ user(userId: "u1") { ...f0 } } ${repeated(levels, (index) => `fragment f${index} on User { a${index}: transactions { nodes { user { ...f${index + 1} } } } b${index}: transactions { nodes { user { ...f${index + 1} } } } }`)} fragment f${levels} on User { userId }`;

const cyclic = '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }';

const texts: readonly (readonly [name: string, text: string])[] = [
  ['nothing', ''],
  ['null', 'null'],
  ['a number', '1e400'],
  ['a list', '[]'],
  ['a batch of requests', `[${Array.from({ length: 1000 }, () => requestOf('{ __typename }')).join(',')}]`],
  ['open brackets', '['.repeat(100_000)],
  ['open braces', '{"query":'.repeat(50_000)],
  ['an open string', '{"query":"{ __typename }'],
  ['null bytes', '\0'.repeat(10_000)],
  ['half a surrogate', '{"query":"{ user(userId: \\"\\ud800\\") { userId } }"}'],
  ['a key __proto__', '{"query":"{ __typename }","__proto__":{"isAdmin":true}}'],
  ['a variable __proto__', '{"query":"{ __typename }","variables":{"__proto__":{"query":"x"},"constructor":1}}'],
  ['a filter with __proto__', withFilter('{"__proto__":{"userIds":["u1"]}}')],
  ['a filter with constructor', withFilter('{"constructor":{"prototype":{"a":1}}}')],
  ['extensions with __proto__', '{"query":"{ __typename }","extensions":{"__proto__":{"cost":true}}}'],
  ['an operation __proto__', JSON.stringify({ query: '{ __typename }', operationName: '__proto__' })],
  ['an operation toString', JSON.stringify({ query: 'query a { __typename }', operationName: 'toString' })],
  ['a query that is an object', '{"query":{"kind":"Document"}}'],
  ['variables that are a list', '{"query":"{ __typename }","variables":[1,2]}'],
  ['an unknown parameter', '{"query":"{ __typename }","wuery":"x"}'],
  ['parameters repeated', `{${Array.from({ length: 20_000 }, () => '"query":"{ __typename }"').join(',')}}`],
  ['many parameters', `{${Array.from({ length: 50_000 }, (_, index) => `"k${index}":1`).join(',')}}`],
  ['a document by id and text', '{"query":"{ __typename }","documentId":"x"}'],
  ['an unknown document', JSON.stringify({ documentId: 'x'.repeat(100_000) })],
  ['a hash that is none', JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } })],
  ['a hash of another version', JSON.stringify({ extensions: { persistedQuery: { version: 2, sha256Hash: 'x' } } })],
  [
    'a hash of another text',
    JSON.stringify({ query: '{ __typename }', extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } }),
  ],
  ['extensions.cost of another type', '{"query":"{ __typename }","extensions":{"cost":[[1]]}}'],
  [
    'a huge integer',
    `{"query":"query ($n: Int) { transactions(first: $n) { totalCount } }","variables":{"n":${'9'.repeat(100_000)}}}`,
  ],
  [
    'a huge fraction',
    `{"query":"query ($n: Int) { transactions(first: $n) { totalCount } }","variables":{"n":0.${'1'.repeat(100_000)}}}`,
  ],
  [
    'a huge exponent',
    '{"query":"query ($n: Int) { transactions(first: $n) { totalCount } }","variables":{"n":1e999999999}}',
  ],
  [
    'a BigInt with a huge exponent',
    '{"query":"subscription ($n: BigInt) { eventRecorded(afterSequence: $n) { userId } }","variables":{"n":1e999999999}}',
  ],
  ['a decimal with a huge exponent', withFilter('{"amount":{"gte":1e999999999}}')],
  ['many huge integers', withFilter(`{"userIds":[${Array.from({ length: 2000 }, () => '9'.repeat(500)).join(',')}]}`)],
  [
    'bad values',
    requestOf('query ($s: [UserStatus!]) { transactions(where: { userStatus: $s }) { totalCount } }', {
      s: Array.from({ length: 19_999 }, () => 'PAYIN'),
    }),
  ],
  [
    'values of other types',
    requestOf('query ($s: [UserStatus!]) { transactions(where: { userStatus: $s }) { totalCount } }', {
      s: Array.from({ length: 9999 }, () => ({ a: 1 })),
    }),
  ],
  [
    'unknown fields of an input',
    withFilter(`{${Array.from({ length: 5000 }, (_, index) => `"userId${index}":1`).join(',')}}`),
  ],
  ['deep and wide filters', withFilter(`${'{"and":[{},{},{"not":'.repeat(30)}{}${'}]}'.repeat(30)}`)],
  [
    'filters of many parts',
    withFilter(`{"or":[${Array.from({ length: 5000 }, () => '{"userIds":["u1"]}').join(',')}]}`),
  ],
  ['a deep filter', withFilter(`${'{"not":'.repeat(90)}{}${'}'.repeat(90)}`)],
  ['50,000 levels of filters', withFilter(`${'{"not":'.repeat(50_000)}{}${'}'.repeat(50_000)}`)],
  ['50,000 levels of lists', `{"query":"{ __typename }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`],
  ['a long list', requestOf('{ __typename }', { a: Array.from({ length: 100_000 }, () => 1) })],
  [
    'many empty lists',
    requestOf('{ __typename }', { a: Array.from({ length: 15_000 }, () => Array.from({ length: 20 }, () => [])) }),
  ],
  ['a long text', requestOf('query ($u: ID!) { user(userId: $u) { userId } }', { u: 'x'.repeat(1_900_000) })],
];

const long = 'x'.repeat(50_000);

const documents: readonly (readonly [name: string, query: string, variables?: object])[] = [
  ['no operation', 'fragment a on Query { __typename }'],
  ['a type definition', 'type Query { a: Int }'],
  ['only a comment', `#${'#'.repeat(100_000)}`],
  ['only commas', ','.repeat(200_000)],
  ['open braces', '{'.repeat(4000)],
  ['open braces and names', '{a'.repeat(1500)],
  ['open brackets of a literal', `{ transactions(where: ${'['.repeat(4000)}`],
  ['an open block string', '{ user(userId: """'],
  ['a long name', `{ ${long} }`],
  ['long names', `{ ${repeated(4, () => long)} }`],
  ['a long alias', `{ ${long}: __typename }`],
  ['a long string', `{ user(userId: "${long}") { userId } }`],
  ['a long block string', `{ user(userId: """${'\n '.repeat(20_000)}""") { userId } }`],
  ['escapes', `{ user(userId: "${'\\u{10FFFF}'.repeat(10_000)}") { userId } }`],
  ['a wrong escape', '{ user(userId: "\\u{110000}") { userId } }'],
  ['half a surrogate as an escape', '{ user(userId: "\\ud800") { userId } }'],
  ['10,000 aliases', aliased(10_000, '__typename')],
  ['900 aliases of a scan', aliased(900, 'transactions { totalCount }')],
  ['20 scans', aliased(20, 'enrichedAggregate(groupBy: [USER, PRODUCT]) { totalCount }')],
  ['21 scans', aliased(21, 'enrichedAggregate(groupBy: [USER]) { totalCount }')],
  ['groups by the same', '{ enrichedAggregate(groupBy: [USER, USER, USER]) { totalCount } }'],
  ['100 groupings', `{ enrichedAggregate(groupBy: [${repeated(100, () => 'USER')}]) { totalCount } }`],
  ['introspection 90 times', aliased(90, '__schema { types { name fields { name type { name } } } }')],
  ['deep introspection', `{ __schema { types ${'{ fields { type '.repeat(6)}{ name }${' } }'.repeat(6)} } }`],
  ['__type of a long name', `{ __type(name: "${long}") { name } }`],
  ['__type of __proto__', '{ __type(name: "__proto__") { name fields { name } } }'],
  ['a field __proto__', '{ __proto__ { constructor } }'],
  ['an alias __proto__', '{ __proto__: __typename constructor: __typename toString: __typename }'],
  [
    'aliases __proto__ of objects',
    '{ __proto__: server { __proto__: version } hasOwnProperty: server { toString: version } }',
  ],
  ['an argument __proto__', '{ user(__proto__: 1, userId: "u1") { userId } }'],
  ['a variable named __proto__', 'query ($__proto__: ID!) { user(userId: $__proto__) { userId } }'],
  ['a fragment __proto__', '{ ...__proto__ } fragment __proto__ on Query { __typename }'],
  ['a fragment toString', '{ ...toString }'],
  ['a directive __proto__', '{ __typename @__proto__ }'],
  ['doubling fragments', doubling(30)],
  ['doubling fragments of rows', doublingAliases(5)],
  ['doubling fragments of many levels', doublingAliases(20)],
  ['a circle of fragments', cyclic],
  [
    'a circle of a hundred fragments',
    `{ ...f0 } ${repeated(100, (index) => `fragment f${index} on Query { ...f${(index + 1) % 100} }`)}`,
  ],
  ['a fragment in itself', '{ ...a } fragment a on Query { __typename ...a }'],
  [
    '500 fragments',
    `{ ${repeated(500, (index) => `...f${index}`)} } ${repeated(500, (index) => `fragment f${index} on Query { __typename }`)}`,
  ],
  ['unused fragments', `{ __typename } ${repeated(600, (index) => `fragment f${index} on Query { __typename }`)}`],
  ['unknown types of fragments', `{ ${repeated(600, (index) => `... on T${index} { a }`)} }`],
  ['500 operations', repeated(500, (index) => `query f${index} { __typename }`)],
  ['unnamed operations', repeated(99, () => '{ __typename }')],
  ['operations of one name', repeated(99, () => 'query a { __typename }')],
  ['unknown fields', `{ ${repeated(1500, (index) => `transaction${index}`)} }`],
  ['unknown arguments', `{ user(${repeated(1200, (index) => `userI${index}: 1`)}) { userId } }`],
  ['repeated arguments', `{ user(${repeated(1500, () => 'userId: 1')}) { userId } }`],
  ['repeated directives', `{ __typename ${repeated(1600, () => '@skip(if: false)')} }`],
  ['unknown directives', `{ __typename ${repeated(2000, (index) => `@d${index}`)} }`],
  ['many variables', `query (${repeated(1200, (index) => `$v${index}: Int`)}) { __typename }`],
  ['repeated variables', `query (${repeated(1200, () => '$v: Int')}) { __typename }`],
  ['unknown types of variables', `query (${repeated(1200, (index) => `$v${index}: T${index}`)}) { __typename }`],
  ['a deep type of a variable', `query ($v: ${'['.repeat(2000)}Int${']'.repeat(2000)}) { __typename }`],
  ['a deep default', `query ($v: TransactionFilter = ${'{not:'.repeat(1500)}{}${'}'.repeat(1500)}) { __typename }`],
  ['deep fields', `{ ${'user(userId: 1) { '.repeat(600)}userId${' }'.repeat(600)} }`],
  ['deep inline fragments', `{ ${'... { '.repeat(1500)}__typename${' }'.repeat(1500)} }`],
  ['fields that differ', `{ ${repeated(300, (index) => `a: user(userId: ${index}) { userId }`)} }`],
  [
    'fields that differ below',
    `{ ${repeated(150, (index) => `user(userId: 1) { a: transactions(first: ${index}) { totalCount } }`)} }`,
  ],
  ['repeated fields', `{ server { ${repeated(4000, () => 'version')} } }`],
  ['a huge page', '{ transactions(first: 2147483647) { totalCount } }'],
  ['a negative page', '{ transactions(first: -1) { totalCount } }'],
  ['a page of a huge integer', `{ transactions(first: ${'9'.repeat(10_000)}) { totalCount } }`],
  ['first and last', '{ transactions(first: 1, last: 1) { totalCount } }'],
  ['a long cursor', `{ transactions(after: "${'A'.repeat(100_000)}") { totalCount nodes { userId } } }`],
  ['a cursor of zeros', `{ transactions(after: "${Buffer.alloc(3000).toString('base64url')}") { nodes { userId } } }`],
  [
    'a cursor of other data',
    `{ transactions(after: "${Buffer.from('{"__proto__":1}').toString('base64url')}") { nodes { userId } } }`,
  ],
  ['a wrong id', `{ node(id: "${'_'.repeat(50_000)}") { id } }`],
  [
    'ids of unknown types',
    `{ nodes(ids: [${repeated(1000, (index) => `"${Buffer.from(`__proto__:${index}`).toString('base64url')}"`)}]) { id } }`,
  ],
  [
    'pages in pages',
    '{ transactions(first: 1000) { nodes { user { transactions(first: 1000) { nodes { user { transactions(first: 1000) { totalCount } } } } } } } }',
  ],
  ['wide rows', `{ transactions(first: 1000) { nodes { ${repeated(900, (index) => `a${index}: userId`)} } } }`],
  ['a time far away', '{ userStatus(userId: "u1", date: "9999999-01-01T00:00:00Z") { status } }'],
  ['a time that is none', `{ userStatus(userId: "u1", date: "${'2'.repeat(10_000)}") { status } }`],
  ['a zone that is none', `{ transactions(timeZone: "${'../'.repeat(1000)}") { totalCount } }`],
  ['a sequence that is none', '{ transactions(asOf: { sequence: -99999999999999999999 }) { totalCount } }'],
  ['a mutation without data', 'mutation { recordStatusChanges(input: { statusChanges: [] }) { __typename } }'],
  [
    'a mutation of 900 fields',
    `mutation ${aliased(900, 'recordStatusChanges(input: { statusChanges: [] }) { __typename }')}`,
  ],
  ['a subscription without a stream', 'subscription { eventRecorded { userId } }'],
  ['a subscription of two fields', 'subscription { eventRecorded { userId } b: eventRecorded { userId } }'],
  [
    'a subscription whose field a variable includes',
    'subscription ($b: Boolean!) { changes @include(if: $b) { __typename } }',
    { b: true },
  ],
  [
    'a subscription of much',
    `subscription { dashboard(symbols: [${repeated(5000, (index) => `"s${index}"`)}], every: "PT0S") { total { count } } }`,
  ],
  ['variants and markets', '{ monitor(experiment: "wide") { deployment { variant } markets { country } } }'],
  [
    'monitors of parts',
    aliased(18, 'monitor(where: { variants: ["A"] }, range: { last: "P900D" }) { verdict sentence }'),
  ],
  ['monitors of earlier states', aliased(18, 'monitor(asOf: { sequence: 1 }) { verdict }')],
  [
    'filters of many variants',
    'query ($w: ExperimentEventFilter) { monitor(where: $w) { verdict } }',
    { w: { variants: Array.from({ length: 9999 }, (_, index) => `v${index}`) } },
  ],
  [
    'filters in filters of the monitor',
    'query ($w: ExperimentEventFilter) { monitor(where: $w) { verdict } }',
    { w: { or: Array.from({ length: 95 }, (_, index) => ({ not: { variants: [`v${index}`] } })) } },
  ],
  [
    'addresses',
    `query ($a: [String!]!) ${aliased(5, 'ipCities(addresses: $a) { text problem ipCity { city } }')}`,
    { a: Array.from({ length: 900 }, (_, index) => (index % 2 === 0 ? `10.0.${index % 256}.1` : `x${index}`)) },
  ],
  [
    'users',
    `query ($u: [ID!]!) ${aliased(5, 'userStatuses(userIds: $u, at: "2025-01-01") { status explanation { rule } }')}`,
    { u: Array.from({ length: 900 }, (_, index) => `u${index}`) },
  ],
  [
    'a million addresses',
    'query ($a: [String!]!) { ipCities(addresses: $a) { text } }',
    { a: ['1.1.1.1,'.repeat(90_000)] },
  ],
  ['trends of dashboards', aliased(20, 'dashboard { trend(grain: MINUTE) { count } }')],
  ['conversations of earlier states', aliased(20, 'dashboard(asOf: { sequence: 1 }) { symbols { symbol count } }')],
  [
    'rows of datasets by id',
    'query ($ids: [ID!]!) { nodes(ids: $ids) { id } }',
    { ids: Array.from({ length: 1000 }, (_, index) => Buffer.from(`Row:${index % 3}.${index}`).toString('base64url')) },
  ],
  [
    'SQL many times',
    aliased(10, 'sql(query: "select count(*) from transactions a, transactions b", first: 1) { rowCount }'),
  ],
  [
    'SQL without end',
    '{ sql(query: "with recursive t(n) as (select 1 union all select n + 1 from t) select * from t") { rowCount } }',
  ],
  ['deep SQL', `{ sql(query: "select ${'('.repeat(5000)}1${')'.repeat(5000)}") { rowCount } }`],
  ['statistics of users', aliased(18, 'userStatistics { count byStatus { count } byCountry { count } }')],
  [
    'unused variables',
    '{ __typename }',
    Object.fromEntries(Array.from({ length: 90_000 }, (_, index) => [`k${index}`, index])),
  ],
  [
    'directives of one field',
    `query ($v: Boolean!) { __typename ${repeated(900, () => '@include(if: $v)')} }`,
    { v: true },
  ],
  ['unknown directives', `{ __typename ${repeated(2400, (index) => `@d${index}`)} }`],
  ['many arguments of a directive', `{ __typename @include(${repeated(1000, () => 'if: true')}) }`],
  ['@skip with no value', '{ __typename @skip }'],
  ['@include by a variable without a value', 'query ($v: Boolean!) { __typename @include(if: $v) }', {}],
  [
    'conditions of many variables',
    `query (${repeated(200, (index) => `$v${index}: Boolean = true`)}) { ${repeated(200, (index) => `a${index}: __typename @include(if: $v${index})`)} }`,
  ],
];

/** Values that cost more than their number says. */
const exact = (count: number, digits: number): string =>
  Array.from({ length: count }, (_, index) => `${'1'.repeat(digits)}.${index}1`).join(',');

const expensive: readonly (readonly [name: string, json: string])[] = [
  ['exact numbers', `{"query":"query ($s: [ID!]) { a: __typename }","variables":{"s":[${exact(15_000, 100)}]}}`],
  ['exact numbers as ids', withFilter(`{"userIds":[${exact(9000, 100)}]}`)],
  [
    'lists in lists of exact numbers',
    withFilter(`{"userIds":[${Array.from({ length: 5000 }, () => '[1e1,[1.0000000000000000001]]').join(',')}]}`),
  ],
  [
    'wrong ids many times',
    requestOf(`query ($ids: [ID!]!) ${aliased(60, 'nodes(ids: $ids) { id }')}`, {
      ids: Array.from({ length: 1000 }, (_, index) => `bad_${index}`),
    }),
  ],
  [
    'errors of rows',
    requestOf(
      `{ transactions(first: 1000) { nodes { ${repeated(20, (index) => `a${index}: user { transactions(first: 1, after: "z${index}") { totalCount } }`)} } } }`,
    ),
  ],
  [
    'fragments spread many times',
    requestOf(
      `{ ${repeated(30, (index) => `a${index}: transactions(first: 30) { nodes { ...f } }`)} } fragment f on Transaction { ${repeated(20, (index) => `b${index}: amount`)} }`,
    ),
  ],
  [
    'earlier states',
    requestOf(aliased(20, 'enrichedAggregate(asOf: { validAt: "2020-01-01T00:00:00Z" }) { totalCount }')),
  ],
  ['conversations many times', requestOf(aliased(100, 'conversations(first: 1000) { nodes { uuid } totalCount }'))],
  [
    'directives of each field',
    requestOf(
      `query ($v: Boolean!) { ${repeated(300, (index) => `a${index}: __typename @include(if: $v) @skip(if: false)`)} }`,
      { v: true },
    ),
  ],
];

const compressed = (name: string, body: Buffer, coding: string): HostileBody => ({
  name,
  body,
  headers: { 'content-encoding': coding },
});

const spaces = Buffer.alloc(300_000_000, ' ');
const bomb = gzipSync(spaces);
const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

const multipart = (name: string, parts: number, part: (index: number) => string): HostileBody => ({
  name,
  headers: { 'content-type': 'multipart/form-data; boundary=b' },
  body: `${Array.from({ length: parts }, (_, index) => `--b\r\n${part(index)}\r\n`).join('')}--b--\r\n`,
});

const field = (name: string, value: string): string => `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;
const file = (name: string): string =>
  `content-disposition: form-data; name="${name}"; filename="f"\r\ncontent-type: text/plain\r\n\r\nx`;
const operations = (map: string) => (index: number) =>
  index === 0
    ? field('operations', '{"query":"{ __typename }","variables":{"a":null}}')
    : index === 1
      ? field('map', map)
      : file(String(index));

const others: readonly HostileBody[] = [
  compressed('a bomb of gzip', bomb, 'gzip'),
  compressed('a bomb of brotli', brotliCompressSync(spaces.subarray(0, 100_000_000), quality), 'br'),
  compressed('a bomb in a bomb', gzipSync(bomb), 'gzip'),
  compressed('gzip that is none', Buffer.from('{"query":"{ __typename }"}'), 'gzip'),
  compressed('gzip cut off', gzipSync('{"query":"{ __typename }"}').subarray(0, 15), 'gzip'),
  compressed('an unknown coding', Buffer.from('{}'), 'zip'),
  { name: 'text of another type', body: '{ __typename }', headers: { 'content-type': 'text/plain' } },
  { name: 'no type', body: '{"query":"{ __typename }"}', headers: { 'content-type': '' } },
  { name: 'bytes that are no UTF-8', body: Buffer.from([0x7b, 0xff, 0xfe, 0x7d]) },
  {
    name: '1000 headers',
    body: '{}',
    headers: Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`x-${index}`, '1'])),
  },
  { name: 'a long key', body: '{"query":"{ server { version } }"}', headers: { 'x-api-key': 'k'.repeat(8000) } },
  { name: 'a long request id', body: '{"query":"{ __typename }"}', headers: { 'x-request-id': 'i'.repeat(8000) } },
  { name: 'a long type', body: '{}', headers: { 'content-type': `application/json; ${'a=b;'.repeat(2000)}` } },
  { name: 'a long accept', body: '{"query":"{ __typename }"}', headers: { accept: 'a/b,'.repeat(2000) } },
  { name: 'a long traceparent', body: '{"query":"{ __typename }"}', headers: { traceparent: '0'.repeat(8000) } },
  multipart('10,000 parts', 10_000, operations('{}')),
  multipart('a map to __proto__', 3, operations('{"2":["variables.__proto__.a"]}')),
  multipart('a map of a deep path', 3, operations(`{"2":["variables${'.a'.repeat(50_000)}"]}`)),
  multipart(
    'a map of many paths',
    3,
    operations(`{"2":[${Array.from({ length: 15_000 }, () => '"variables.a"').join(',')}]}`),
  ),
  multipart('a map to nothing', 2, operations('{"9":["variables.a"]}')),
  multipart('parts without a name', 100, () => 'content-disposition: form-data\r\n\r\nx'),
  {
    name: 'a boundary that never comes',
    body: '--c\r\n'.repeat(10_000),
    headers: { 'content-type': 'multipart/form-data; boundary=b' },
  },
];

/** More than a hundred bodies that would cost much, break parsers or reach what they must not. */
export const hostileBodies: readonly HostileBody[] = [
  ...texts.map(([name, body]) => ({ name: `text: ${name}`, body })),
  ...expensive.map(([name, body]) => ({ name: `cost: ${name}`, body })),
  ...documents.map(([name, query, variables]) => ({ name: `document: ${name}`, body: requestOf(query, variables) })),
  ...others,
];
