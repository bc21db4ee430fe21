import type { SettingDefinitions } from './setting.ts';
import { integer } from './value-types.ts';

/** Backups to a folder or bucket. */
export const backupSettings = {
  backupParallel: {
    type: integer({ max: 64 }),
    default: '8',
    description: 'Number of objects of a backup that are written or read in parallel.',
  },
  backupTries: {
    type: integer(),
    default: '5',
    description: 'Number of attempts to write or read an object of a backup.',
  },
  backupRetryMs: {
    type: integer(),
    default: '500',
    description: 'Delay before the second attempt, in milliseconds; it doubles for each further attempt.',
  },
  backupTimeoutMs: {
    type: integer(),
    default: '60000',
    description: 'Timeout for one request to the bucket of a backup, in milliseconds.',
  },
} satisfies SettingDefinitions;
