/** The tables that a kind of answers rests on: what is damaged elsewhere does not close it. */
const facts = [
  ...['user_profiles', 'user_files', 'user_file_syncs', 'status_changes', 'excluded_users', 'transactions'],
  ...['ip_ranges', 'ip_tables', 'experiments', 'experiment_events', 'experiment_repeats', 'imports'],
] as const;
const datasets = ['datasets', 'dataset_versions', 'imports'] as const;

export const areas = {
  /** Users, transactions, experiments: each can use all of them. */
  facts,
  /** Provenance is from imports. */
  ipAddresses: ['ip_ranges', 'ip_tables', 'imports'],
  statusChanges: ['status_changes', 'imports'],
  conversations: ['conversations', 'followups'],
  imports: ['imports'],
  rejects: ['rejected_records', 'reject_groups', 'imports'],
  datasets,
  sql: [...facts, ...datasets],
  alerts: ['alert_rules', 'alert_changes', 'alert_attempts', 'alert_deliveries', 'alert_cursors'],
  apiKeys: ['api_keys'],
  /** Answers that no table is part of. */
  server: [],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type Area = keyof typeof areas;
