import type { SettingDefinitions } from './setting.ts';
import { fraction, integer, probability } from './value-types.ts';

/** Experiments and their monitor. */
export const experimentSettings = {
  monitorAlpha: {
    type: probability,
    default: '0.01',
    description:
      'Probability of a false alarm about the split of users, however often the monitor is read; every other check uses a tenth of it.',
  },
  monitorDeviationMin: {
    type: fraction,
    default: '0.01',
    description: 'Minimum deviation of a share of users from its plan that raises an alarm, 0 to 1.',
  },
  monitorUsersMin: {
    type: integer(),
    default: '100',
    description: 'Minimum number of users of a market; the monitor does not judge smaller markets.',
  },
  monitorCellsMax: {
    type: integer(),
    default: '2500',
    description:
      'Maximum number of countries × variants of an experiment; the monitor refuses to judge one with more, which wrong names in events cause.',
  },
  lateAfterMs: {
    type: integer({ min: 0 }),
    default: '86400000',
    description:
      'An experiment event is late when an event newer by more than this was recorded before it, in milliseconds.',
  },
  shareTrendPointsMax: {
    type: integer({ min: 2 }),
    default: '1000',
    description: 'Maximum number of points of the cumulative shares of an experiment.',
  },
  futureToleranceMs: {
    type: integer({ min: 0 }),
    default: '300000',
    description: 'How far the date of an event may be ahead of the clock, in milliseconds.',
  },
} satisfies SettingDefinitions;

export const conversationSettings = {
  trendPointsMax: { type: integer(), default: '10000', description: 'Maximum number of points of a trend.' },
  followupsMax: {
    type: integer(),
    default: '100000',
    description: 'Maximum number of follow-ups of all conversations of a page together.',
  },
  guessNoise: {
    type: fraction,
    default: '0',
    description: 'Probability that a vowel guess is inverted, 0 to 1.',
  },
} satisfies SettingDefinitions;
