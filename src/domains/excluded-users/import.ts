import { excludedUsers } from '../../../db/tables/excluded-users.ts';
import { fieldsOfSameName, type Importer } from '../../ledger/record.ts';
import type { FieldReader } from '../../lib/field-reader.ts';
import { readRecord } from '../../lib/problems.ts';
import { formatInstant } from '../../lib/time.ts';
import type { ExcludedUsers } from './excluded-users.ts';
import { type ExclusionRecord, reasonOf, termsProblems } from './exclusion-record.ts';
import { excludedUsersTarget } from './target.ts';

const kinds = { exclude: 'EXCLUDED', include: 'INCLUDED' } as const;

/** What tables write for a time without start and without end: the first and last day that their dates have, or a word. */
const openEnds = {
  from: /^\s*(?:0001-01-01|-infinity\s*$)/i,
  to: /^\s*(?:9999-12-31|31[./-]12[./-]9999|12[./-]31[./-]9999|\+?infinity\s*$)/i,
} as const;

/** Imports files of `user_id`, and optionally `from`, `to`, `reason` and `action`. */
export const createExcludedUsersImporter = ({ record }: Pick<ExcludedUsers, 'record'>): Importer<ExclusionRecord> => ({
  target: excludedUsersTarget,
  shape: { columns: [['user_id']] },
  writtenFields: { instants: ['from', 'to'] },
  fields: fieldsOfSameName(['user_id', 'action', 'from', 'to', 'reason']),
  read(value, { cells, face }) {
    const result = readRecord(value, (fields) => recordOf(fields, value), { cells, face });
    if (result.problems) return result;
    // Not before all fields are read: a faulty one has a placeholder.
    const problems = termsProblems(result.value);
    return problems.length > 0 ? { problems } : result;
  },
  wire: ({ userId, kind, fromUs, toUs, reason }) => ({
    user_id: userId,
    ...(kind === 'INCLUDED' ? { action: 'include' } : {}),
    ...(fromUs === null ? {} : { from: formatInstant(fromUs) }),
    ...(toUs === null ? {} : { to: formatInstant(toUs) }),
    ...(reason === null ? {} : { reason }),
  }),
  storedIn: { table: excludedUsers, lookup: [] },
  // When a file is imported again, every record is a duplicate, even one that a later inclusion has ended.
  begin: ({ isRepeat }) => ({ record: isRepeat ? () => ({ kind: 'DUPLICATE' }) : record }),
});

const recordOf = (fields: FieldReader, value: unknown): ExclusionRecord => {
  const bound = (name: keyof typeof openEnds): number | null => {
    const written = (value as Readonly<Record<string, unknown>>)[name];
    return typeof written === 'string' && openEnds[name].test(written) ? null : fields.optional(name, fields.instant);
  };
  const record = {
    userId: fields.id('user_id'),
    kind: fields.optional('action', (name) => fields.oneOf(name, kinds)) ?? 'EXCLUDED',
    fromUs: bound('from'),
    toUs: bound('to'),
    reason: reasonOf(fields.optional('reason', fields.text)),
  };
  if (record.kind === 'INCLUDED')
    for (const [path, atUs] of [
      ['from', record.fromUs],
      ['to', record.toUs],
    ] as const)
      if (atUs !== null)
        fields.refuse(path, 'NOT_ALLOWED', `${path} must be empty: an inclusion ends all exclusions of the user`);
  return record;
};
