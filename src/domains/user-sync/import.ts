import { userFiles as table } from '../../../db/tables/user-files.ts';
import { fieldsOfSameName, type Importer, idProblems } from '../../ledger/record.ts';
import { readRecord } from '../../lib/problems.ts';
import type { UserDetails } from '../users/details-columns.ts';
import type { UserFiles } from '../users/user-files.ts';
import { readDetails } from './read-object.ts';
import { userFilesTarget } from './target.ts';

export interface DescribedRecord extends UserDetails {
  readonly userId: string;
}

const columns = ['user_id', 'first_name', 'last_name', 'birthts'];

/** Imports the corrected content of a rejected CSV file, as an object of `user_id`, `first_name`, `last_name`, `birthts`. */
export const createUserFilesImporter = (userFiles: UserFiles): Importer<DescribedRecord> => ({
  target: userFilesTarget,
  shape: { columns: [columns] },
  fields: fieldsOfSameName(columns),
  read(value) {
    const id = readRecord(value, (fields) => ({ userId: fields.id('user_id') }));
    const details = readDetails(value);
    if (id.problems || details.problems)
      return { problems: [...(id.problems ?? []), ...(details.problems ?? [])].filter(isFirst) };
    return { value: { ...id.value, ...details.value } };
  },
  wire: ({ userId, firstName, lastName, birthMs }) => ({
    user_id: userId,
    first_name: firstName,
    last_name: lastName,
    birthts: birthMs,
  }),
  storedIn: { table, lookup: [] },
  begin: () => ({
    record(tx, { userId, ...details }, origin) {
      const problems = idProblems({ userId });
      if (problems.length > 0) return { kind: 'REJECTED', problems };
      const name = `${userId}.csv`;
      const last = tx.findLatest(table, { name });
      const isSame = (Object.keys(details) as (keyof UserDetails)[]).every((field) => last?.[field] === details[field]);
      if (last?.outcome === 'TAKEN' && isSame && userFiles.isPublished(last.importId ?? 0))
        return { kind: 'DUPLICATE' };
      // Keeps the version of the rejected file, so that the source is not read again for it.
      const row = { ...origin, name, version: last?.version ?? '', userId, kind: 'CSV', outcome: 'TAKEN' } as const;
      return { kind: 'CREATED', seq: tx.append(table, { ...row, ...details }) };
    },
  }),
});

/** Both readers report a value that is not a record; one report is enough. */
const isFirst = (
  { path, code }: { path: string; code: string },
  index: number,
  all: { path: string; code: string }[],
) => all.findIndex((other) => other.path === path && other.code === code) === index;
