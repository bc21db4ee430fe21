import type { SettingDefinitions } from './setting.ts';
import { bytes, fraction, hosts, integer } from './value-types.ts';

/** Alerts: when they are judged, and how their messages are delivered. */
export const alertSettings = {
  alertAllow: {
    type: hosts,
    default: '',
    description:
      'Hosts with private addresses to which alerts may be sent nevertheless: `host` or `host:port`, separated by commas.',
  },
  alertEveryMs: {
    type: integer(),
    default: '5000',
    description: 'Minimum interval between two evaluations of the alert rules, in milliseconds.',
  },
  alertIdleMs: {
    type: integer(),
    default: '60000',
    description:
      'Interval between evaluations of the experiments while no records arrive, in milliseconds: an experiment can go silent.',
  },
  alertRulesMax: { type: integer(), default: '100', description: 'Maximum number of alert rules.' },
  alertExperimentsMax: {
    type: integer(),
    default: '100',
    description:
      'Maximum number of experiments that `experiment.broken` judges without a key: those with a running plan, and as many of those that only events name.',
  },
  alertRejectRate: {
    type: fraction,
    default: '0.05',
    description:
      'Share of rejected records above which `rejects.rate` raises an alert, 0 to 1, unless the rule has its own.',
  },
  alertRecordsMin: {
    type: integer(),
    default: '100',
    description: 'Minimum number of records that `rejects.rate` judges, unless the rule has its own.',
  },
  alertWindowMs: {
    type: integer(),
    default: '3600000',
    description:
      'The time over which `rejects.rate` counts records of the API, in milliseconds, unless the rule has its own.',
  },
  alertSilenceMs: {
    type: integer(),
    default: '3600000',
    description:
      'How long a source may send nothing before `source.silent` raises an alert, in milliseconds, unless the rule has its own.',
  },
  alertTimeoutMs: {
    type: integer(),
    default: '10000',
    description: 'Timeout of an attempt to deliver an alert, in milliseconds.',
  },
  alertResponseBytesMax: {
    type: bytes,
    default: '64kB',
    description: 'How much of the response to an alert is read.',
  },
  alertRetryMs: {
    type: integer(),
    default: '5000',
    description:
      'Delay before the second attempt to deliver an alert, in milliseconds; it doubles for each further attempt, and each is shortened by a random part of up to a half.',
  },
  alertRetryMsMax: {
    type: integer(),
    default: '3600000',
    description: 'Maximum delay between two attempts, in milliseconds, unless the response asks for a longer one.',
  },
  alertGiveUpMs: {
    type: integer(),
    default: '86400000',
    description: 'How long an alert is retried, in milliseconds; after that it has failed.',
  },
  alertSendsAtOnce: {
    type: integer(),
    default: '4',
    description: 'Number of alerts that are sent at the same time, at most one to each hook.',
  },
} satisfies SettingDefinitions;
