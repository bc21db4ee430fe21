import type { CountedKeys } from '../../indices/counted-keys.ts';

/** Sequence numbers after the first and up to the second: a span of time, as the ledger went through it. */
export interface SeqSpan {
  readonly after: number;
  readonly upTo: number;
}

export interface SeqPageRequest extends SeqSpan {
  /** Only what comes strictly after and before these. */
  readonly afterSeq?: number | undefined;
  readonly beforeSeq?: number | undefined;
  readonly limit: number;
  /** True: the last `limit` instead of the first. */
  readonly fromEnd: boolean;
}

export interface SeqPage {
  readonly seqs: number[];
  readonly totalCount: number;
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

/** How many keys of all series there are up to a sequence number. */
const keysUpTo = (series: readonly CountedKeys[], seq: number): number =>
  series.reduce((sum, each) => sum + each.upperBound(seq), 0);

/** One page of the keys of several series, ascending. Costs as much as the page is long, wherever it lies. */
export const pageOfSeqs = (series: readonly CountedKeys[], request: SeqPageRequest): SeqPage => {
  const { after, upTo, afterSeq, beforeSeq, limit, fromEnd } = request;
  const low = Math.min(Math.max(after, afterSeq ?? 0), upTo);
  const high = Math.max(Math.min(upTo, (beforeSeq ?? Number.POSITIVE_INFINITY) - 1), low);
  const all = [after, low, high, upTo].map((seq) => keysUpTo(series, seq)) as [number, number, number, number];
  const [before, from, to, end] = all;
  const more = to - from > limit;
  const seqs = fromEnd ? lastOf(series, low, high, limit) : firstOf(series, low, high, limit);
  return {
    seqs,
    totalCount: end - before,
    hasBefore: from > before || (fromEnd && more),
    hasAfter: to < end || (!fromEnd && more),
  };
};

/** A merge of the series: the least of their next keys, one after another. */
const firstOf = (series: readonly CountedKeys[], low: number, high: number, limit: number): number[] => {
  const next = series.map((each) => each.upperBound(low));
  const keyOf = (each: CountedKeys, place: number): number =>
    place < each.length && each.keyAt(place) <= high ? each.keyAt(place) : Number.POSITIVE_INFINITY;
  const keys = series.map((each, place) => keyOf(each, next[place] as number));
  return merged(keys, limit, Math.min, (place) => {
    next[place] = (next[place] as number) + 1;
    return keyOf(series[place] as CountedKeys, next[place]);
  });
};

const lastOf = (series: readonly CountedKeys[], low: number, high: number, limit: number): number[] => {
  const next = series.map((each) => each.upperBound(high) - 1);
  const keyOf = (each: CountedKeys, place: number): number =>
    place >= 0 && each.keyAt(place) > low ? each.keyAt(place) : Number.NEGATIVE_INFINITY;
  const keys = series.map((each, place) => keyOf(each, next[place] as number));
  return merged(keys, limit, Math.max, (place) => {
    next[place] = (next[place] as number) - 1;
    return keyOf(series[place] as CountedKeys, next[place]);
  }).reverse();
};

const merged = (
  keys: number[],
  limit: number,
  best: (...keys: number[]) => number,
  follow: (place: number) => number,
): number[] => {
  const seqs: number[] = [];
  while (seqs.length < limit) {
    const key = best(...keys);
    if (!Number.isFinite(key)) break;
    seqs.push(key);
    const place = keys.indexOf(key);
    keys[place] = follow(place);
  }
  return seqs;
};
