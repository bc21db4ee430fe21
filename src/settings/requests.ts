import type { SettingDefinitions } from './setting.ts';
import { bytes, integer } from './value-types.ts';

/** Limits of requests, queries, subscriptions and exports. */
export const requestSettings = {
  pageSizeDefault: {
    type: integer(),
    default: '50',
    description: 'Page size when a request has neither `first` nor `last`.',
  },
  pageSizeMax: { type: integer(), default: '1000', description: 'Maximum page size.' },
  recordsPerMutationMax: { type: integer(), default: '1000', description: 'Maximum number of records of a mutation.' },
  rejectsPerRequestMax: {
    type: integer({ min: 0 }),
    default: '100000',
    description:
      'Maximum number of rejects, conflicts included, that a request with records stores. A stream of events ends before the record that would be one more, and its error names that record; a mutation, or a body with an `Idempotency-Key`, is refused as a whole.',
  },
  bodyBytesMax: {
    type: bytes,
    default: '8MB',
    description: 'Maximum size of a request body; `uploadBytesMax` applies to uploads.',
  },
  publicBodyBytesMax: {
    type: bytes,
    default: '100kB',
    description:
      'Maximum size of the body of a GraphQL request without a key on a server that needs keys; larger ones are refused with UNAUTHENTICATED before they are read.',
  },
  decodedBodyBytesMax: {
    type: bytes,
    default: '200MB',
    description: 'Maximum size of a compressed request body after decompression; the limits of bodies apply as well.',
  },
  compressBytesMin: {
    type: bytes,
    default: '1kB',
    description:
      'Responses of at least this size are compressed (brotli or gzip) for clients that accept it, and streams whatever their size.',
  },
  idempotencyKeyMs: {
    type: integer(),
    default: '86400000',
    description:
      'How long the `Idempotency-Key` of a batch of events is known: the same batch is stored once in this time, in milliseconds.',
  },
  queryDepthMax: { type: integer(), default: '15', description: 'Maximum nesting depth of a GraphQL operation.' },
  queryFieldsMax: {
    type: integer(),
    default: '1000',
    description: 'Maximum number of fields of a GraphQL operation, counted after fragments are expanded.',
  },
  queryBytesMax: { type: bytes, default: '256kB', description: 'Maximum size of a GraphQL document.' },
  queryOperationsMax: {
    type: integer(),
    default: '100',
    description: 'Maximum number of operations of a GraphQL document.',
  },
  queryPairsMax: {
    type: integer(),
    default: '20000',
    description:
      'Maximum number of pairs of fields with the same name, and of fragments, in one place of a GraphQL document; the validation compares each pair.',
  },
  inputBytesMax: {
    type: bytes,
    default: '2MB',
    description:
      'Maximum size of the variables and extensions of a GraphQL request, without files, and of JSON with the parameters of a REST request.',
  },
  inputDepthMax: {
    type: integer({ max: 250 }),
    default: '100',
    description: 'Maximum nesting depth of variables, of values in a GraphQL document and of other JSON in requests.',
  },
  inputListMax: {
    type: integer(),
    default: '20000',
    description: 'Maximum number of items of each list and object in variables and other JSON of requests.',
  },
  inputValuesMax: {
    type: integer(),
    default: '200000',
    description: 'Maximum number of values in all variables, or in other JSON of a request, together.',
  },
  inputErrorsMax: {
    type: integer(),
    default: '20',
    description: 'Maximum number of errors of a GraphQL document or its variables that are looked for.',
  },
  queryTokensMax: { type: integer(), default: '5000', description: 'Maximum number of tokens of a GraphQL document.' },
  queryScansMax: {
    type: integer(),
    default: '20',
    description: 'Maximum number of fields of an operation that scan all facts, such as aggregates.',
  },
  queryRowsMax: {
    type: integer(),
    default: '1000000',
    description: 'Maximum number of rows of an operation: the product of the page sizes of nested pages.',
  },
  queryGroupsMax: {
    type: integer(),
    default: '200000',
    description: 'Maximum number of groups of all aggregates of an operation over facts together.',
  },
  rememberedGroupsMax: {
    type: integer(),
    default: '500000',
    description:
      'Maximum number of groups in answers of aggregates over facts that are remembered together, so that the same question about the same snapshot is not computed again.',
  },
  checkpointRows: {
    type: integer(),
    default: '2048',
    description:
      'Facts between two checkpoints of the sums that aggregates of all facts, or of those of a span of time, are answered from: fewer make such answers faster, and take more memory.',
  },
  checkpointSumsMax: {
    type: integer({ min: 0 }),
    default: '4000000',
    description:
      'Maximum number of sums that are kept at checkpoints, at 24 bytes each, or of twice as many at 12 bytes where all facts have an amount; 0: aggregates always read all facts.',
  },
  queryMsMax: {
    type: integer(),
    default: '30000',
    description:
      'Maximum duration of a GraphQL query, of each result of a subscription, and of an answer of a REST route that reads, in milliseconds; it then ends with TIMEOUT.',
  },
  queryCostMax: {
    type: integer(),
    default: '500000',
    description:
      'Maximum cost of a GraphQL operation: its values, those of every row and those that are loaded or joined counted several times, and the values in its arguments. Pages inside of pages are estimated with at most `pageSizeDefault` rows; the values of the answer are counted as well.',
  },
  queryErrorsMax: {
    type: integer(),
    default: '1000',
    description: 'Maximum number of errors of the answer to a GraphQL query; one with more is refused as a whole.',
  },
  filterValuesMax: {
    type: integer(),
    default: '10000',
    description: 'Maximum number of values in all lists of a `where` together.',
  },
  filterPartsMax: {
    type: integer(),
    default: '100',
    description: 'Maximum number of conditions of a `where`, including nested ones.',
  },
  subscriptionsMax: {
    type: integer(),
    default: '1000',
    description: 'Maximum number of open subscriptions; further ones are refused with OVERLOADED.',
  },
  subscriptionPingMs: {
    type: integer(),
    default: '12000',
    description: 'Interval of the comments that keep the connection of a subscription alive, in milliseconds.',
  },
  liveEveryMsMin: {
    type: integer(),
    default: '250',
    description: 'Minimum value of `every` of a subscription, in milliseconds.',
  },
  exportStallMs: {
    type: integer(),
    default: '30000',
    description: 'Timeout of an export whose client reads nothing, in milliseconds; the connection is then closed.',
  },
} satisfies SettingDefinitions;
