import { expect, it } from 'vitest';
import { createRandom } from '../../../src/demo/random.ts';
import { isPauseTooLong, pausesMin } from '../../../src/lib/statistics/pause.ts';

it('isPauseTooLong is the tail of the F distribution with alpha spent over all pauses, calculated by hand', () => {
  // (1 + s / 100)^-19 = 0.01 × 19 / (19 × 20) at s = 100 (2000^(1 / 19) − 1) = 49.19…
  expect(isPauseTooLong(19, 100, 49.1, 0.01)).toBe(false);
  expect(isPauseTooLong(19, 100, 49.3, 0.01)).toBe(true);
  expect(isPauseTooLong(pausesMin - 1, 100, 1e9, 0.01)).toBe(false);
  expect(isPauseTooLong(1000, 0, 0, 0.01)).toBe(false);
  expect(isPauseTooLong(1000, 0, 1, 0.01)).toBe(true);
});

it('isPauseTooLong raises a false alarm in at most alpha of the series of independent events, for any number of pauses', () => {
  let [alarms, byFixed] = [0, 0];
  const rhythms = 1000;
  for (let seed = 0; seed < rhythms; seed++) {
    const random = createRandom(seed * 7919 + 5);
    let [span, isCalled, isCalledByFixed] = [0, false, false];
    for (let pauses = 0; pauses < 500; pauses++) {
      const pause = -Math.log((random.below(1e9) + 1) / 1e9);
      isCalled ||= isPauseTooLong(pauses, span, pause, 0.05);
      isCalledByFixed ||= pauses >= pausesMin && (1 + pause / span) ** -pauses < 0.05 / 10;
      span += pause;
    }
    if (isCalled) alarms++;
    if (isCalledByFixed) byFixed++;
  }
  expect(alarms / rhythms).toBeLessThanOrEqual(0.05);
  expect(alarms).toBeGreaterThan(0);
  expect(byFixed / rhythms).toBeGreaterThan(0.5);
});
