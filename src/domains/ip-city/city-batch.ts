import type { ReadonlyDictionary } from '../../indices/dictionary.ts';
import { absentUint32 } from '../../indices/growable.ts';
import { type IpAddress, parseIp } from '../../lib/ip.ts';
import { parseIpv4 } from '../../lib/ipv4.ts';
import { FoundCity } from './found-city.ts';
import type { IpTable } from './table.ts';

/** What stands in place of a position for a text that is no address. */
const noAddress = -2;

/**
 * The cities of many addresses, from texts, as columns: an object for each is made by readers that need one. All texts are
 * read before the first address is looked up, so that the processor waits for the memory of many addresses at once.
 */
export class CityBatch {
  readonly texts: readonly string[];
  readonly #table: IpTable;
  readonly #cities: ReadonlyDictionary;
  /** Addresses of IPv4; 0 in place of others. */
  readonly #values: Uint32Array;
  /** Of the range that decides; -1 without one. */
  readonly #positions: Int32Array;
  /** Of the city, 0 for `unknown`, `absentUint32` for a text that is no address. */
  readonly #codes: Uint32Array;
  /** Addresses that are no IPv4 as such, by their index. */
  readonly #others = new Map<number, IpAddress>();

  constructor(texts: readonly string[], table: IpTable, cities: ReadonlyDictionary) {
    this.texts = texts;
    this.#table = table;
    this.#cities = cities;
    this.#values = new Uint32Array(texts.length);
    this.#positions = new Int32Array(texts.length);
    this.#codes = new Uint32Array(texts.length);
    const unread = readAddresses(texts, this.#values);
    table.ranges.findAll4(this.#values, this.#positions);
    for (const index of unread) this.#findOther(index);
    table.ranges.readCities(this.#positions, this.#codes);
    for (const index of unread) if (this.#positions[index] === noAddress) this.#codes[index] = absentUint32;
  }

  get length(): number {
    return this.texts.length;
  }

  /** The city of an address, or `unknown`; null for a text that is none. */
  cityAt(index: number): string | null {
    const code = this.#codes[index] as number;
    return code === absentUint32 ? null : this.#cities.textOf(code);
  }

  /** All that is known of an address; null for a text that is none. */
  resultAt(index: number): FoundCity | null {
    const position = this.#positions[index] as number;
    if (position === noAddress) return null;
    const ip = this.#others.get(index) ?? { family: 4, value: this.#values[index] as number };
    return new FoundCity(this.#table, this.#cities, ip, position);
  }

  #findOther(index: number): void {
    const ip = parseIp(this.texts[index] as string);
    if (ip) this.#others.set(index, ip);
    this.#positions[index] = ip ? this.#table.find(ip) : noAddress;
  }
}

/** Writes the addresses of dotted quads; returns the indexes of the other texts. */
const readAddresses = (texts: readonly string[], values: Uint32Array): number[] => {
  const others: number[] = [];
  for (let index = 0; index < texts.length; index++) {
    const value = parseIpv4(texts[index] as string);
    if (value < 0) others.push(index);
    else values[index] = value;
  }
  return others;
};
