import type { IpRangeColumns } from './fixtures.ts';

/**
 * Disjoint segments, ascending, with the city that wins in each: the narrowest range, of equals the later one. Told by
 * other means than the index under test: ranges are painted in the order of their rank, each on what is still bare.
 */
export const flatten = ({ first, last, city }: IpRangeColumns): IpRangeColumns => {
  const edges = new Float64Array(2 * first.length);
  edges.set(first);
  for (let range = 0; range < last.length; range++) edges[first.length + range] = (last[range] as number) + 1;
  const bounds = distinct(edges.sort());
  const painted = new Int32Array(bounds.length).fill(-1);
  // From each bound the next one that may be bare, shortened while it is followed.
  const next = Uint32Array.from({ length: bounds.length + 1 }, (_, position) => position);
  const bareFrom = (position: number): number => {
    let found = position;
    while (next[found] !== found) {
      next[found] = next[next[found] as number] as number;
      found = next[found] as number;
    }
    return found;
  };
  const positionOf = (address: number): number => {
    let low = 0;
    let high = bounds.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((bounds[middle] as number) < address) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  const width = (range: number): number => (last[range] as number) - (first[range] as number);
  const byRank = Uint32Array.from(first, (_, range) => range).sort((a, b) => width(a) - width(b) || b - a);
  for (const range of byRank) {
    const end = positionOf((last[range] as number) + 1);
    for (let position = bareFrom(positionOf(first[range] as number)); position < end; position = bareFrom(position)) {
      painted[position] = range;
      next[position] = position + 1;
    }
  }

  const starts: number[] = [];
  const ends: number[] = [];
  const cities: number[] = [];
  let before = -1;
  for (let position = 0; position + 1 < bounds.length; position++) {
    const winner = painted[position] as number;
    const end = (bounds[position + 1] as number) - 1;
    if (winner >= 0 && winner === before) ends[ends.length - 1] = end;
    else if (winner >= 0) {
      starts.push(bounds[position] as number);
      ends.push(end);
      cities.push(city[winner] as number);
    }
    before = winner;
  }
  return { first: Uint32Array.from(starts), last: Uint32Array.from(ends), city: Uint32Array.from(cities) };
};

/** The numbers of an ascending array, each once. A Set holds at most 2^24. */
const distinct = (ascending: Float64Array): Float64Array => {
  let length = 0;
  for (const value of ascending) if (length === 0 || value !== ascending[length - 1]) ascending[length++] = value;
  return ascending.subarray(0, length);
};
