import { userProfiles } from '../../../db/tables/users.ts';
import { fieldsOfSameName, type Importer } from '../../ledger/record.ts';
import { readRecord } from '../../lib/problems.ts';
import { usersTarget } from './target.ts';
import type { UserProfile, Users } from './users.ts';

/** Whether a text is the code of Namibia rather than a missing value. */
const isNamibia = (name: string, text: string): boolean => name === 'country' && text.trim() === 'NA';

const columns = ['user_id', 'country', 'gender'];

/** Imports files of `user_id`, `country`, `gender`. */
export const createUsersImporter = ({ record }: Pick<Users, 'record'>): Importer<UserProfile> => ({
  target: usersTarget,
  // Files with only one of the attributes are usual.
  shape: { columns: [columns, ['user_id', 'country'], ['user_id', 'gender']] },
  fields: fieldsOfSameName(columns),
  read: (value, { cells }) =>
    readRecord(
      value,
      (fields) => ({
        userId: fields.id('user_id'),
        country: fields.optional('country', fields.id),
        gender: fields.optional('gender', fields.id),
      }),
      { cells, isWord: isNamibia },
    ),
  wire: ({ userId, country, gender }) => ({ user_id: userId, country, gender }),
  storedIn: { table: userProfiles, lookup: ['userId'] },
  // When a file is imported again, every record is a duplicate, even one that a later file has corrected.
  begin: ({ isRepeat }) => ({ record: isRepeat ? () => ({ kind: 'DUPLICATE' }) : record }),
});
