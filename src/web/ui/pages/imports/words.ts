import type {
  AlertEvent,
  FieldProblemCode,
  ImportState,
  ImportTarget,
  RejectedRecordState,
  UserSyncState,
} from '../../generated/graphql.ts';

export const stateWords: Readonly<Record<ImportState, string>> = {
  RUNNING: 'running',
  SUCCEEDED: 'done',
  SUCCEEDED_WITH_REJECTS: 'done, with rejects',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

export const targetWords: Readonly<Record<ImportTarget, string>> = {
  USERS: 'users',
  EXPERIMENT_EVENTS: 'events of experiments',
  TRANSACTIONS: 'transactions',
  STATUS_CHANGES: 'status changes',
  IP_RANGES: 'IP ranges',
  EXCLUDED_USERS: 'excluded users',
  USER_FILES: 'user files',
  DATASET: 'dataset',
};

export const rejectWords: Readonly<Record<RejectedRecordState, string>> = {
  OPEN: 'waiting',
  RESOLVED: 'stored',
  DISCARDED: 'discarded',
};

const codeWords: Readonly<Record<FieldProblemCode, string>> = {
  CONFLICT: 'another record has this key',
  MALFORMED: 'malformed',
  MISSING: 'missing',
  NOT_ALLOWED: 'not one of the allowed values',
  OUT_OF_RANGE: 'out of range',
  WRONG_TYPE: 'of the wrong type',
};

/** `status: malformed`; codes that this page does not know are written as they are. */
export const problemWords = ({ field, code }: { readonly field: string; readonly code: string }): string =>
  `${field === '' ? 'whole record' : field}: ${codeWords[code as FieldProblemCode] ?? code}`;

export const syncWords: Readonly<Record<UserSyncState, string>> = {
  OFF: 'off',
  IDLE: 'waiting for the next run',
  RUNNING: 'running',
};

export const eventWords: Readonly<Record<AlertEvent, string>> = {
  EXPERIMENT_BROKEN: 'an experiment is broken',
  REJECTS_RATE: 'too many rejects',
  SYNC_FAILED: 'a synchronization failed',
  IMPORT_FAILED: 'an import failed',
  SOURCE_SILENT: 'a source is silent',
};

/** The entries of a menu from words by value. */
export const optionsOf = <Value extends string>(words: Readonly<Record<Value, string>>, values?: readonly Value[]) =>
  (values ?? (Object.keys(words) as Value[])).map((value) => ({ value, label: words[value] }));
