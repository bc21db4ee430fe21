import type { CityBatch } from '../src/domains/ip-city/city-batch.ts';
import type { IpCityRange, IpCityResult } from '../src/domains/ip-city/found-city.ts';
import type { IpTableRecord } from '../src/domains/ip-city/table.ts';
import type { StoredOrigin } from '../src/ledger/record.ts';
import { cidrsOf } from '../src/lib/ip.ts';
import { ipFaultOf } from '../src/lib/ip-fault.ts';
import { builder } from './builder.ts';
import { ImportType } from './imports/imports.ts';
import { limitOf } from './page.ts';
import { Provenance } from './provenance.ts';
import { snapshotOf } from './snapshot.ts';
import { AsOfInput } from './time.ts';

const IpKind = builder.enumType('IpKind', {
  description: 'The kind of an address according to the IANA special-purpose registries.',
  values: {
    PUBLIC: { description: 'Routed on the internet.' },
    PRIVATE: { description: 'For private networks (RFC 1918, RFC 4193).' },
    LOOPBACK: { description: 'The machine itself.' },
    LINK_LOCAL: { description: 'For one link only.' },
    SHARED: { description: 'Between carriers and their customers (RFC 6598).' },
    DOCUMENTATION: { description: 'For examples (RFC 5737, RFC 3849).' },
    MULTICAST: { description: 'For groups.' },
    RESERVED: { description: 'None of these.' },
  } as const,
});

const IpRange = builder.objectRef<IpCityRange>('IpRange');

builder.node(IpRange, {
  description: 'The addresses from `first` to `last`, both included, and their city.',
  id: { resolve: ({ seq }) => seq },
  loadMany: (ids, { ipCity }) => ipCity.rangesBySeqs(ids.map(Number)),
  fields: (t) => ({
    city: t.exposeString('city', { description: 'The city as written in the table.' }),
    first: t.field({ type: 'IP', description: 'The first address.', resolve: ({ first }) => first }),
    last: t.field({ type: 'IP', description: 'The last address, inclusive.', resolve: ({ last }) => last }),
    cidrs: t.field({
      type: ['Cidr'],
      description: 'The fewest CIDR blocks that cover the range exactly.',
      resolve: ({ first, last }) => cidrsOf(first, last),
    }),
    provenance: t.field({
      type: Provenance,
      description: 'The source of the record.',
      resolve: async ({ seq }, _args, { load, ipCity }) => (await load(ipCity.originsBySeqs, seq)) as StoredOrigin,
    }),
  }),
});

const IpTableType = builder.objectRef<IpTableRecord>('IpTable').implement({
  description: 'A table of IP ranges. Tables are numbered, and a replaced one still answers questions about its time.',
  fields: (t) => ({
    number: t.exposeInt('number', {
      description: '1 for the first table; a corrected reject that joins a table makes the next one.',
    }),
    import: t.field({
      type: ImportType,
      nullable: true,
      description: 'The import that it came with, of several files the first one.',
      resolve: ({ importId }, _args, { load, imports }) => load(imports.importsByIds, importId),
    }),
    rangeCount: t.exposeInt('rangeCount', { description: 'The number of its ranges.' }),
    recordedAt: t.field({
      type: 'DateTime',
      description: 'When it came into force.',
      resolve: ({ recordedAtUs }) => recordedAtUs,
    }),
    sequence: t.field({
      type: 'BigInt',
      description: 'The sequence number from which on it is in force.',
      resolve: ({ seq }) => seq,
    }),
  }),
});

export const IpCityType = builder.objectRef<IpCityResult>('IpCity').implement({
  description: 'The city of an address.',
  fields: (t) => ({
    ip: t.field({ type: 'IP', description: 'The requested address.', resolve: ({ ip }) => ip }),
    city: t.exposeString('city', {
      description: 'The city as written in the table; `unknown` when no range contains the address.',
    }),
    range: t.field({
      type: IpRange,
      nullable: true,
      description:
        'The narrowest range that contains the address, of equally narrow ones the later record; null when no range does.',
      resolve: ({ range }) => range,
    }),
    table: t.field({
      type: IpTableType,
      nullable: true,
      description: 'The table that the answer is from; null before the first.',
      resolve: ({ table }) => table,
    }),
    kind: t.field({ type: IpKind, description: 'The kind of the address.', resolve: ({ kind }) => kind }),
    candidates: t.field({
      type: [IpRange],
      description: 'All ranges that contain the address, the chosen one first, then in ascending order of width.',
      args: {
        first: t.arg.int({
          required: true,
          defaultValue: 20,
          description: 'The largest number of ranges to return; at most pageSizeMax (1000).',
        }),
      },
      resolve: (result, { first }, { config }) => result.candidates().slice(0, limitOf('first', first, config)),
    }),
  }),
});

builder.queryField('ipCity', (t) =>
  t.field({
    type: IpCityType,
    description: 'The city of an address; `unknown` when no range contains it.',
    args: {
      ip: t.arg({ type: 'IP', required: true, description: 'The address.' }),
      asOf: t.arg({
        type: AsOfInput,
        description:
          'The snapshot whose table answers; default: the table in force. `validAt` does not apply: a table has no time but that of its import.',
      }),
    },
    resolve(_root, { ip, asOf }, { ipCity, ledger }) {
      const { sequence } = snapshotOf(asOf, ledger, 'a table of IP ranges has no time but that of its import');
      return sequence === undefined ? ipCity.cityOf(ip) : ipCity.cityAsOf(ip, { sequence });
    },
  }),
);

/** A text that may be an address, at an index of a batch: its answer is made when it is read. */
class Lookup {
  readonly #batch: CityBatch;
  readonly #index: number;

  constructor(batch: CityBatch, index: number) {
    this.#batch = batch;
    this.#index = index;
  }

  get text(): string {
    return this.#batch.texts[this.#index] as string;
  }

  get isAddress(): boolean {
    return this.#batch.cityAt(this.#index) !== null;
  }

  get result(): IpCityResult | null {
    return this.#batch.resultAt(this.#index);
  }
}

const IpCityLookup = builder.objectRef<Lookup>('IpCityLookup').implement({
  description: 'A text of a list of addresses, with its city or why it is no address.',
  fields: (t) => ({
    text: t.exposeString('text', { description: 'The text as it was sent.' }),
    ipCity: t.field({
      type: IpCityType,
      nullable: true,
      description: 'The city of the address; null when the text is no address.',
      resolve: ({ result }) => result,
    }),
    problem: t.string({
      nullable: true,
      description: 'Why the text is no address; null for an address.',
      resolve: ({ isAddress, text }) => (isAddress ? null : ipFaultOf(text)),
    }),
  }),
});

builder.queryField('ipCities', (t) =>
  t.field({
    type: [IpCityLookup],
    description:
      'The cities of many addresses, in their order. A text that is no address has a problem instead of a city; it spoils none of the others.',
    args: {
      addresses: t.arg.stringList({
        required: true,
        description: 'The addresses; at most the setting pageSizeMax (1000).',
      }),
      asOf: t.arg({
        type: AsOfInput,
        description: 'The snapshot whose table answers; default: the table in force. `validAt` does not apply.',
      }),
    },
    async resolve(_root, { addresses, asOf }, { ipCity, ledger, config, yieldAfter }) {
      limitOf('addresses', addresses.length, config);
      const { sequence } = snapshotOf(asOf, ledger, 'a table of IP ranges has no time but that of its import');
      const batch =
        sequence === undefined ? ipCity.citiesOf(addresses) : await ipCity.citiesAsOf(addresses, { sequence });
      await yieldAfter(batch.length);
      return addresses.map((_text, index) => new Lookup(batch, index));
    },
  }),
);
