/** Compares two values of one type, texts by code unit: negative, zero or positive, as `Array.sort` expects. */
export const compareValues = <T extends string | number | bigint>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
