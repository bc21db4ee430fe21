import SchemaBuilder from '@pothos/core';
import RelayPlugin from '@pothos/plugin-relay';
import type { Context } from '../src/context.ts';
import { DomainError } from '../src/errors.ts';
import type { Cell } from '../src/lib/cell-text.ts';
import type { Decimal } from '../src/lib/decimal.ts';
import type { IpAddress } from '../src/lib/ip.ts';
import { preview } from '../src/lib/problems.ts';

/** The types of scalars in resolvers: instants are microseconds since 1970 UTC, sums millionths. */
type Scalars = {
  DateTime: { Input: number; Output: number };
  LocalDate: { Input: string; Output: string };
  WrittenID: { Input: unknown; Output: never };
  WrittenString: { Input: unknown; Output: never };
  WrittenDateTime: { Input: unknown; Output: never };
  WrittenDecimal: { Input: unknown; Output: never };
  WrittenIP: { Input: unknown; Output: never };
  WrittenUserStatus: { Input: unknown; Output: never };
  IP: { Input: IpAddress; Output: IpAddress };
  Cidr: { Input: string; Output: string };
  Decimal: { Input: Decimal; Output: Decimal | bigint };
  BigInt: { Input: number; Output: number };
  TimeZone: { Input: string; Output: string };
  URL: { Input: string; Output: string };
  UUID: { Input: string; Output: string };
  Letter: { Input: string; Output: string };
  Duration: { Input: string; Output: string };
  CellValue: { Input: string | number | boolean; Output: Cell };
  HeaderLine: { Input: number | 'none'; Output: never };
  SqlParameters: { Input: unknown; Output: never };
  SqlRow: { Input: never; Output: Readonly<Record<string, unknown>> };
  File: { Input: File; Output: never };
  ID: { Input: string; Output: string | number };
};

export const builder = new SchemaBuilder<{
  Context: Context;
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  Scalars: Scalars;
}>({
  plugins: [RelayPlugin],
  defaultFieldNullability: false,
  relay: {
    nodeTypeOptions: { description: 'An object with a globally unique ID (Relay).' },
    pageInfoTypeOptions: { description: 'The ends of a page of a connection (Relay).' },
    nodeQueryOptions: {
      description:
        'The object with a global ID; null when there is none. One that no object can have is null with an error, BAD_REQUEST.',
      args: { id: { description: 'The global ID, as in `id`.' } },
    },
    nodesQueryOptions: false,
    firstArgOptions: { description: 'Number of items from the beginning; at most the setting pageSizeMax (1000).' },
    lastArgOptions: { description: 'Number of items from the end; at most the setting pageSizeMax (1000).' },
    afterArgOptions: { description: 'Only items after this cursor.' },
    beforeArgOptions: { description: 'Only items before this cursor.' },
    idFieldOptions: { description: "The object's globally unique, opaque ID." },
    encodeGlobalID: (typename, id) => Buffer.from(`${typename}:${id}`).toString('base64url'),
    decodeGlobalID: (globalId) => nodeIdOf(globalId),
  },
});

/** The type and local id in a global ID. Throws BAD_REQUEST for a text that no object can have as its ID. */
export const nodeIdOf = (globalId: string): { typename: string; id: string } => {
  const [, typename, id] = /^(\w+):(.+)$/s.exec(Buffer.from(globalId, 'base64url').toString()) ?? [];
  const config = typename && builder.configStore.typeConfigs.get(typename);
  const isNode =
    config && config.kind === 'Object' && ['loadMany', 'loadOne'].some((name) => name in config.pothosOptions);
  if (isNode && id !== undefined) return { typename, id };
  throw new DomainError('BAD_REQUEST', `${preview(globalId)} is not an ID`);
};

builder.queryType({ description: 'All queries.' });
builder.mutationType({ description: 'All writes: records, imports, corrections.' });
builder.subscriptionType({ description: 'All subscriptions, delivered as server-sent events.' });
