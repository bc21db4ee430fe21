import type { ReadonlyDictionary } from '../../indices/dictionary.ts';
import { type IpAddress, type IpKind, kindOf } from '../../lib/ip.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';
import type { IpTable, IpTableRecord } from './table.ts';

export interface IpCityRange {
  readonly seq: number;
  readonly city: string;
  readonly first: IpAddress;
  readonly last: IpAddress;
}

export interface IpCityResult {
  readonly ip: IpAddress;
  /** As written in the table, or `unknown`. */
  readonly city: string;
  readonly kind: IpKind;
  /** The narrowest range that contains the address; null when none does. */
  readonly range: IpCityRange | null;
  /** Every range that contains the address, the chosen one first. */
  candidates(): IpCityRange[];
  /** The table that the answer is from; null before the first. */
  readonly table: IpTableRecord | null;
}

/** Most readers need the city only: what else there is to know is found when it is read. */
export class FoundCity implements IpCityResult {
  readonly ip: IpAddress;
  readonly city: string;
  readonly #source: IpTable;
  readonly #cities: ReadonlyDictionary;
  readonly #position: number;

  /** `position` is that of the range which decides; -1 for none. */
  constructor(source: IpTable, cities: ReadonlyDictionary, ip: IpAddress, position = source.find(ip)) {
    this.ip = ip;
    this.#source = source;
    this.#cities = cities;
    this.#position = position;
    this.city = this.#position < 0 ? unknownLabel : cities.textOf(source.ranges.cityOf(this.#position));
  }

  get kind(): IpKind {
    return kindOf(this.ip);
  }

  get range(): IpCityRange | null {
    return this.#position < 0 ? null : this.#rangeAt(this.#position);
  }

  get table(): IpTableRecord | null {
    return this.#source.record;
  }

  candidates(): IpCityRange[] {
    return this.#source.candidates(this.ip).map((position) => this.#rangeAt(position));
  }

  #rangeAt(position: number): IpCityRange {
    const { first, last, city, ordinal } = this.#source.ranges.rangeAt(position);
    return { seq: ordinal, city: this.#cities.textOf(city), first, last };
  }
}
