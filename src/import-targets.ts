import { datasetTarget } from './domains/datasets/target.ts';
import { excludedUsersTarget } from './domains/excluded-users/target.ts';
import { experimentEventsTarget } from './domains/experiments/target.ts';
import { ipRangesTarget } from './domains/ip-city/target.ts';
import { transactionsTarget } from './domains/transactions/target.ts';
import { statusChangesTarget } from './domains/user-status/target.ts';
import { userFilesTarget } from './domains/user-sync/target.ts';
import { usersTarget } from './domains/users/target.ts';
import type { ImportTarget } from './lib/import-target.ts';

/** Every target, in the order in which GraphQL, the command line and the documentation list them. */
export const importTargets = [
  statusChangesTarget,
  ipRangesTarget,
  transactionsTarget,
  usersTarget,
  experimentEventsTarget,
  excludedUsersTarget,
  userFilesTarget,
  datasetTarget,
] as const satisfies readonly ImportTarget[];

export type ImportTargetName = (typeof importTargets)[number]['name'];
