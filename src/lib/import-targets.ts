/** What files of records can be imported as; with `syncTarget` and `datasetTarget`, what schema, commands and domains name targets by. */
export const importTargets = [
  {
    target: 'STATUS_CHANGES',
    command: 'user-status',
    description: 'Rows of user_id, created_at, status.',
    together: false,
  },
  {
    target: 'IP_RANGES',
    command: 'ip-ranges',
    description: 'A whole table of IP ranges; it replaces the one in force.',
    /** Several files given at once are one import: they make up one table. */
    together: true,
  },
  {
    target: 'TRANSACTIONS',
    command: 'transactions',
    description: 'Rows of click_id, created_at, product_id, product_price, user_id, ip.',
    together: false,
  },
  {
    target: 'USERS',
    command: 'users',
    description: 'Rows of user_id, country, gender; the later row of a user wins.',
    together: false,
  },
  {
    target: 'EXPERIMENT_EVENTS',
    command: 'events',
    description: 'Rows of user_id, account_type, date, event_type, order_value, version.',
    together: false,
  },
] as const;

/** What is not imported file by file, but kept in step with a folder or bucket. */
export const syncTarget = {
  target: 'USER_FILES',
  command: 'user-files',
  description: 'A folder or bucket of one CSV and perhaps one image a user; records are its objects.',
} as const;

/** A file that is a table of its own, of whatever columns: it becomes a dataset. */
export const datasetTarget = {
  target: 'DATASET',
  command: 'dataset',
  description: 'Any CSV file: a table of its own, which knows its types.',
} as const;

export type ImportTarget =
  | (typeof importTargets)[number]['target']
  | typeof syncTarget.target
  | typeof datasetTarget.target;
