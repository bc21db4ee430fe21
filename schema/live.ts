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
      description: 'Minimum time between two results; at least the setting liveEveryMsMin (250 ms).',
    }),
  }));

/**
 * The source of a throttled subscription field: the result of `answer` immediately, then again after each advance of the
 * ledger that changes it, at most once per `every`. The last state is always sent; slow readers skip earlier states.
 *
 * `answer` is called once per result, so it should be cheap or yield to the event loop. `fingerprint` returns a number or
 * text that differs between different results; without it every advance of the ledger is a result. Throws BAD_REQUEST
 * for an `every` that is not a duration, LIMIT_EXCEEDED for one that is too short.
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
