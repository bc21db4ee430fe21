import { statusChanges } from '../../../db/tables/user-status.ts';
import { fieldsOfSameName, type Importer } from '../../ledger/record.ts';
import { readRecord } from '../../lib/problems.ts';
import { formatInstant } from '../../lib/time.ts';
import { type Status, statusCodes } from './status.ts';
import { statusChangesTarget } from './target.ts';
import type { StatusChange, UserStatus } from './user-status.ts';

const words: Readonly<Record<string, Status>> = Object.fromEntries(statusCodes.map((status) => [status, status]));

const withSynonyms = (synonyms: Readonly<Record<string, string>>): Readonly<Record<string, Status>> => ({
  ...words,
  ...Object.fromEntries(
    Object.entries(synonyms).flatMap(([word, meaning]) => {
      const status = statusCodes.find((code) => code === meaning);
      return status ? [[word, status]] : [];
    }),
  ),
});

const columns = ['user_id', 'created_at', 'status'];

/** Imports files of `user_id`, `created_at`, `status`. */
export const createStatusChangesImporter = ({ record }: Pick<UserStatus, 'record'>): Importer<StatusChange> => ({
  target: statusChangesTarget,
  shape: { columns: [columns] },
  fields: fieldsOfSameName(columns),
  writtenFields: { instants: ['created_at'] },
  read: (value, { synonyms, cells, face }) =>
    readRecord(
      value,
      (fields) => ({
        userId: fields.id('user_id'),
        effectiveAtUs: fields.instant('created_at'),
        status: fields.oneOf('status', synonyms ? withSynonyms(synonyms) : words),
      }),
      { cells, face },
    ),
  wire: ({ userId, effectiveAtUs, status }) => ({ user_id: userId, created_at: formatInstant(effectiveAtUs), status }),
  storedIn: { table: statusChanges, lookup: ['userId', 'effectiveAtUs'] },
  // When a file is imported again, every record is a duplicate, even one that a later record has corrected.
  begin: ({ isRepeat }) => ({ record: isRepeat ? () => ({ kind: 'DUPLICATE' }) : record }),
});
