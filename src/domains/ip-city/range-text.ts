import { blockAround, type IpAddress, type IpBlock, ipOfNumber, parseCidr, parseIp } from '../../lib/ip.ts';
import { preview } from '../../lib/problems.ts';

/** A block, or a sentence that says why there is none and what was probably meant. */
export type BlockResult = { readonly block: IpBlock } | { readonly problem: string };

/** Addresses as whole numbers, as IP2Location writes them. */
const wholeNumber = /^(?:0|[1-9]\d{0,38})$/;
const addresses4 = 2n ** 32n;
const addresses6 = 2n ** 128n;

const numberOf = (text: string): bigint | null => {
  const value = wholeNumber.test(text) ? BigInt(text) : addresses6;
  return value < addresses6 ? value : null;
};

/** Whether a text is an address, also one as a whole number. */
const isAddress = (text: string): boolean => parseIp(text) !== null || numberOf(text) !== null;

/** The bits of a netmask such as 255.255.0.0; null for anything else. */
const bitsOfMask = (text: string): number | null => {
  const mask = parseIp(text);
  if (mask?.family !== 4 || mask.isMapped) return null;
  const hostBits = Math.log2(2 ** 32 - mask.value);
  return Number.isInteger(hostBits) ? 32 - hostBits : null;
};

const addressAlone = (ip: IpAddress): IpAddress => (ip.family === 4 ? { family: 4, value: ip.value } : ip);

/** A block like 10.12.0.0/16, or an address as the block that holds it alone. */
export const readBlock = (text: string): BlockResult => {
  const block = parseCidr(text);
  if (block !== null) return { block };
  const slash = text.indexOf('/');
  const address = parseIp(slash < 0 ? text : text.slice(0, slash));
  const unread = { problem: `must be a block like 10.12.0.0/16, or an address, not ${preview(text)}` };
  if (address === null) return unread;
  if (slash < 0) return { block: { first: addressAlone(address), last: addressAlone(address) } };
  const length = text.slice(slash + 1);
  const maskBits = address.family === 4 ? bitsOfMask(length) : null;
  if (maskBits !== null)
    return { problem: `must have the length of its prefix, ${blockAround(address, maskBits)}, not ${preview(text)}` };
  if (!/^(?:0|[1-9]\d{0,2})$/.test(length)) return unread;
  // A mapped block is written with the length that it has in IPv6.
  const isMapped = address.family === 4 && address.isMapped === true;
  const bits = Number(length) - (isMapped ? 96 : 0);
  const bitsMax = address.family === 4 ? 32 : 128;
  if (bits < 0 || bits > bitsMax) return unread;
  const [around, alone] = [blockAround(address, bits), blockAround(address, bitsMax)];
  return { problem: `must begin with the first address of the block: ${around}, or ${alone}, not ${preview(text)}` };
};

/** The ends of a range as addresses or whole numbers; null for an end that is neither. */
export const readEnds = (start: string, end: string): readonly [IpAddress | null, IpAddress | null] => {
  const numbers = [numberOf(start), numberOf(end)];
  // A range of numbers that reaches beyond IPv4 is IPv6 from its start on.
  const family = numbers.some((number) => number !== null && number >= addresses4) ? 6 : 4;
  const read = (text: string, number: bigint | null): IpAddress | null =>
    number === null ? parseIp(text) : ipOfNumber(family, number);
  return [read(start, numbers[0] ?? null), read(end, numbers[1] ?? null)];
};

const namesOf = (cells: number, known: Readonly<Record<number, string>>): string[] =>
  Array.from({ length: cells }, (_, index) => known[index] ?? `column${index + 1}`);

/**
 * The columns of a file without a header: block and city; first, last and city; or first and last with the city in the
 * sixth column, as IP2Location and DB-IP have it. Null for other rows: where the city is would be a guess.
 */
export const columnsOfRow = (row: readonly string[]): readonly string[] | null => {
  const cells = row.map((cell) => cell.trim());
  const [first = '', second = ''] = cells;
  if (cells.length === 2) return parseIp(first.replace(/\/.*$/, '')) && !isAddress(second) ? ['cidr', 'city'] : null;
  if (!isAddress(first) || !isAddress(second)) return null;
  if (cells.length === 3) return namesOf(3, { 0: 'start', 1: 'end', 2: 'city' });
  return cells.length >= 6 ? namesOf(cells.length, { 0: 'start', 1: 'end', 5: 'city' }) : null;
};
