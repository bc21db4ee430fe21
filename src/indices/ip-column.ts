import type { IpAddress } from '../lib/ip.ts';
import { growableUint8, growableUint32 } from './growable.ts';
import { exchangeColumns, type StateColumns } from './state-columns.ts';

const rowsPerLook = 2 ** 17;

/** A column of addresses; null for rows without one. 5 bytes a row, 16 more for IPv6. */
export const createIpColumn = () => {
  const family = growableUint8();
  /** The IPv4 address itself, or the offset of the IPv6 address in `words`. */
  const value = growableUint32();
  const words = growableUint32();
  /** Rows below it are IPv4. */
  let allIp4 = 0;

  return {
    push(ip: IpAddress | null): void {
      family.push(ip?.family ?? 0);
      value.push(ip === null ? 0 : ip.family === 4 ? ip.value : words.length);
      if (ip?.family === 6) for (const word of ip.words) words.push(word);
    },
    /**
     * Whether every row is known to be an IPv4 address: it looks at each row once, and only at some with each call, because a look
     * at ten million rows holds the event loop.
     */
    areAllIp4(): boolean {
      const { values, length } = family;
      const end = Math.min(length, allIp4 + rowsPerLook);
      while (allIp4 < end && values[allIp4] === 4) allIp4++;
      return allIp4 === length;
    },
    /** Writes 4, 6, or 0 for none, of some rows. */
    readFamilies: family.readAt,
    /** Writes the IPv4 addresses of some rows; any number for rows without one. */
    readIp4: value.readAt,
    /** The same for as many rows as `into` has room for, from a row on. */
    readIp4From: value.read,
    ipOf(row: number): IpAddress | null {
      const cell = value.values[row] as number;
      if (family.values[row] === 4) return { family: 4, value: cell };
      if (family.values[row] !== 6) return null;
      const [a = 0, b = 0, c = 0, d = 0] = words.values.subarray(cell, cell + 4);
      return { family: 6, words: [a, b, c, d] };
    },
    exchange(columns: StateColumns): void {
      exchangeColumns(columns, { family, value, words });
    },
    get byteLength() {
      return family.byteLength + value.byteLength + words.byteLength;
    },
  };
};

export type IpColumn = ReturnType<typeof createIpColumn>;
