import type { Context } from '../src/context.ts';
import { DomainError } from '../src/errors.ts';
import { throttledChanges } from '../src/lib/change-stream.ts';
import { intervalMs } from '../src/lib/interval.ts';
import { builder } from './builder.ts';

/** The `every` argument of a throttled subscription, for `everyMsOf` and `liveField`. */
export const everyArg = (defaultValue = 'PT2S') =>
  builder.args((t) => ({
    every: t.field({
      type: 'Duration',
      required: true,
      defaultValue,
      description: 'Minimum time between two results; at least the setting liveEveryMsMin (250 ms).',
    }),
  }));

/**
 * Milliseconds of the `every` argument. Throws BAD_REQUEST for one that is not a duration, LIMIT_EXCEEDED for one that is
 * too short.
 */
export const everyMsOf = ({ config: { liveEveryMsMin } }: Context, every: string): number => {
  const everyMs = intervalMs('every', every);
  if (everyMs >= liveEveryMsMin) return everyMs;
  throw new DomainError('LIMIT_EXCEEDED', `every must be at least ${liveEveryMsMin} ms (setting liveEveryMsMin)`);
};

/**
 * The source of a throttled subscription field: the result of `answer` immediately, then again after each advance of the
 * ledger that changes it, at most once per `every`. The last state is always sent; slow readers skip earlier states.
 *
 * `answer` is called once per result, so it should be cheap or yield to the event loop. `fingerprint` returns a number or
 * text that differs between different results; without it every advance of the ledger is a result. Throws as
 * `everyMsOf`.
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
  context: Context,
  every: string,
  answer: () => T | Promise<T>,
  fingerprint?: (answer: T) => unknown,
): AsyncIterable<T> =>
  throttledChanges(context.ledger.onAdvance, { everyMs: everyMsOf(context, every), answer, fingerprint });
