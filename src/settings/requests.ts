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
  bodyBytesMax: {
    type: bytes,
    default: '8MB',
    description: 'Maximum size of a request body; `uploadBytesMax` applies to uploads.',
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
