import type { CountedKeys } from '../../indices/counted-keys.ts';

/** The sequence numbers `after < seq <= upTo`: what the ledger recorded in a span of time. */
export interface SeqSpan {
  readonly after: number;
  readonly upTo: number;
}

export interface SeqPageRequest extends SeqSpan {
  /** Only rows strictly after and before these. */
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

/** One page of the keys of several series, ascending. The cost depends on the length of the page, not on its position. */
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

/** A k-way merge of the series: the least of their next keys, one after another. */
const firstOf = (series: readonly CountedKeys[], low: number, high: number, limit: number): number[] => {
  const next = series.map((each) => each.upperBound(low));
  const keyOf = (each: CountedKeys, position: number): number =>
    position < each.length && each.keyAt(position) <= high ? each.keyAt(position) : Number.POSITIVE_INFINITY;
  const keys = series.map((each, index) => keyOf(each, next[index] as number));
  return merge(keys, limit, Math.min, (index) => {
    next[index] = (next[index] as number) + 1;
    return keyOf(series[index] as CountedKeys, next[index]);
  });
};

const lastOf = (series: readonly CountedKeys[], low: number, high: number, limit: number): number[] => {
  const next = series.map((each) => each.upperBound(high) - 1);
  const keyOf = (each: CountedKeys, position: number): number =>
    position >= 0 && each.keyAt(position) > low ? each.keyAt(position) : Number.NEGATIVE_INFINITY;
  const keys = series.map((each, index) => keyOf(each, next[index] as number));
  return merge(keys, limit, Math.max, (index) => {
    next[index] = (next[index] as number) - 1;
    return keyOf(series[index] as CountedKeys, next[index]);
  }).reverse();
};

const merge = (
  keys: number[],
  limit: number,
  best: (...keys: number[]) => number,
  nextKeyOf: (index: number) => number,
): number[] => {
  const seqs: number[] = [];
  while (seqs.length < limit) {
    const key = best(...keys);
    if (!Number.isFinite(key)) break;
    seqs.push(key);
    const index = keys.indexOf(key);
    keys[index] = nextKeyOf(index);
  }
  return seqs;
};
