import { useEffect, useRef, useState } from 'react';
import { type CombinedError, useClient } from 'urql';
import { problemOf } from '../../data/errors.ts';
import {
  DiscardRejectGroupDocument,
  RetryRejectGroupDocument,
  type RetryRejectGroupMutation,
} from '../../generated/graphql.ts';

type Result = NonNullable<RetryRejectGroupMutation['retryRejectGroup']>;

/** What became of the records of a group, call after call. */
export interface Settlement {
  readonly action: 'retry' | 'discard';
  /** `cancelled`: by the person, between two calls. */
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  /** Records that were open when it began. */
  readonly total: number;
  readonly stored: number;
  readonly discarded: number;
  /** Still open. */
  readonly refused: number;
  /** Why, of the first of them. */
  readonly refusals: readonly string[];
  /** Why it ended early. */
  readonly error: string | null;
}

export const triedOf = ({ stored, discarded, refused }: Settlement): number => stored + discarded + refused;

const refusalsMax = 10;

const added = (settlement: Settlement, part: Extract<Result, { __typename: 'SettleRejectGroupPayload' }>) => ({
  ...settlement,
  stored: settlement.stored + part.storedCount,
  discarded: settlement.discarded + part.discardedCount,
  refused: settlement.refused + part.refusedCount,
  refusals: [...settlement.refusals, ...part.refusals].slice(0, refusalsMax),
});

interface Answer {
  readonly result: Result | null | undefined;
  readonly error: CombinedError | undefined;
}

const failureOf = ({ result, error }: Answer): string => {
  if (error) return problemOf(error).message;
  if (!result || result.__typename === 'SettleRejectGroupPayload') return 'There was no answer.';
  const problems = 'problems' in result ? result.problems.map(({ message }) => message) : [];
  return problems.length > 0 ? problems.join('; ') : result.message;
};

/**
 * Retries or discards all open records of a group, as many a call as the server takes. Leaving the group ends it between
 * two calls; what was settled stays so.
 */
export const useSettleGroup = (rejectGroupId: string) => {
  const client = useClient();
  const [settlement, setSettlement] = useState<Settlement | null>(null);
  const isCancelled = useRef(false);
  useEffect(() => {
    isCancelled.current = false;
    return () => {
      isCancelled.current = true;
    };
  }, []);

  const call = async (reason: string | null, after: string | null): Promise<Answer> => {
    if (reason === null) {
      const { data, error } = await client.mutation(RetryRejectGroupDocument, { input: { rejectGroupId, after } });
      return { result: data?.retryRejectGroup, error };
    }
    const input = { rejectGroupId, reason, after };
    const { data, error } = await client.mutation(DiscardRejectGroupDocument, { input });
    return { result: data?.discardRejectGroup, error };
  };

  return {
    /** The one that runs, or the last; null before the first. */
    settlement,
    cancel() {
      isCancelled.current = true;
    },
    dismiss: () => setSettlement(null),
    /** Discards for a reason; retries with null. `total`: the open records. */
    async run(total: number, reason: string | null): Promise<void> {
      isCancelled.current = false;
      const action = reason === null ? 'retry' : 'discard';
      let current: Settlement = {
        ...{ action, state: 'running', total, stored: 0, discarded: 0, refused: 0, refusals: [], error: null },
      };
      let after: string | null = null;
      do {
        setSettlement(current);
        const answer: Answer = await call(reason, after);
        if (answer.result?.__typename !== 'SettleRejectGroupPayload') {
          setSettlement({ ...current, state: 'failed', error: failureOf(answer) });
          return;
        }
        current = added(current, answer.result);
        after = answer.result.lastRecordId ?? null;
      } while (after !== null && !isCancelled.current);
      setSettlement({ ...current, state: after === null ? 'done' : 'cancelled' });
    },
  };
};
