import type { Context } from '../src/context.ts';
import { DomainError } from '../src/errors.ts';
import { throttledChanges } from '../src/lib/change-stream.ts';
import { intervalMs } from '../src/lib/interval.ts';
import { builder } from './builder.ts';

/** The `every` argument of a throttled subscription, for `liveField`. */
export const everyArg = () =>
  builder.args((t) => ({
    every: t.field({
      type: 'Duration',
      required: true,
      defaultValue: 'PT2S',
      description: 'Least time between two results; at least the setting liveEveryMsMin (250 ms).',
    }),
  }));

/**
 * What a throttled subscription field subscribes to: `answer` at once, then anew whenever the ledger has moved and the
 * answer says something else, at most once per `every`. The last state always comes; slow readers skip states before it.
 *
 * `answer` is called once a result, so it should be cheap or, like a domain's promise, give way. `fingerprint` tells
 * answers apart by a number or text of theirs; without it every move of the ledger is a result. Throws BAD_REQUEST for
 * an `every` that is no duration, LIMIT_EXCEEDED for one that is too short.
 *
 *     t.field({
 *       type: Monitor,
 *       args: { ...everyArg(), country: t.arg.string({ … }) },
 *       subscribe: (_root, { every, country }, context) =>
 *         live(context, every, () => context.monitor.of(country), ({ version }) => version),
 *       resolve: (monitor) => monitor,
 *     })
 */
export const liveField = <T>(
  { ledger, config: { liveEveryMsMin } }: Context,
  every: string,
  answer: () => T | Promise<T>,
  fingerprint?: (answer: T) => unknown,
): AsyncIterable<T> => {
  const everyMs = intervalMs('every', every);
  if (everyMs < liveEveryMsMin)
    throw new DomainError('LIMIT_EXCEEDED', `every must be at least ${liveEveryMsMin} ms (setting liveEveryMsMin)`);
  return throttledChanges(ledger.onAdvance, { everyMs, answer, fingerprint });
};
