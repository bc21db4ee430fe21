import type { Store } from '../db/store.ts';
import type { Config } from './config.ts';
import { recordExclusion } from './domains/excluded-users/exclusion-record.ts';
import { createExcludedUsersImporter } from './domains/excluded-users/import.ts';
import { recordEvent, recordRepeat } from './domains/experiments/event-record.ts';
import { createExperimentEventsImporter } from './domains/experiments/import.ts';
import { createIpRangesImporter } from './domains/ip-city/import.ts';
import { createTransactionsImporter } from './domains/transactions/import.ts';
import { recordTransaction } from './domains/transactions/transactions.ts';
import { createStatusChangesImporter } from './domains/user-status/import.ts';
import { recordStatusChange } from './domains/user-status/user-status.ts';
import { createUsersImporter } from './domains/users/import.ts';
import { recordProfile } from './domains/users/users.ts';

/** The importers of files of records. They need the store alone, so that a thread without indices can import, too. */
export const createRecordImporters = (store: Store, limits: Pick<Config, 'ipTableRejectedMax'>) => ({
  statusChanges: createStatusChangesImporter({ record: recordStatusChange }),
  ipRanges: createIpRangesImporter(store, limits),
  transactions: createTransactionsImporter({ record: recordTransaction }),
  users: createUsersImporter({ record: recordProfile }),
  experimentEvents: createExperimentEventsImporter({ record: recordEvent, repeat: recordRepeat }),
  excludedUsers: createExcludedUsersImporter({ record: recordExclusion }),
});
