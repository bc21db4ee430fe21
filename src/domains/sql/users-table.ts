import type { SqlCodes, SqlFacts, SqlState, SqlType, SqlValues } from '../../../db/datasets/sql/engine.ts';
import { instantOf } from '../../ledger/as-of.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { dayOfMs } from '../../lib/age.ts';
import { createYielder } from '../../lib/yielding.ts';
import type { AsOf } from '../facts/engine.ts';
import { statusCodes } from '../user-status/status.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { NameColumn } from '../users/details-columns.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';

export interface UsersTableServices {
  readonly ledger: Ledger;
  readonly users: Users;
  readonly userFiles: UserFiles;
  readonly userStatus: UserStatus;
  readonly nowUs: () => number;
}

/** A column of users: the value of a user as a code, and the values of the codes. */
interface UserColumn {
  readonly name: string;
  readonly type: SqlType;
  codeOf(user: number): number;
  labels(): SqlValues;
}

const columnTypes = [
  ['is_named', 'BOOLEAN'],
  ['status', 'TEXT'],
  ['country', 'TEXT'],
  ['gender', 'TEXT'],
  ['first_name', 'TEXT'],
  ['last_name', 'TEXT'],
  ['birth_date', 'DATE'],
  ['age', 'INTEGER'],
  ['has_image', 'BOOLEAN'],
] as const satisfies readonly (readonly [string, SqlType])[];

const usersPerPage = 5000;
const usersPerYield = 1024;

/** All users that a record names, with their attributes, details and status as of one state of the ledger. */
export const usersTable = (
  services: UsersTableServices,
): { readonly facts: SqlFacts; stateAt(sequence: number, asOf: AsOf): SqlState } => ({
  facts: {
    name: 'users',
    columns: [{ name: 'user_id', type: 'TEXT' }],
    stateColumns: columnTypes.map(([name, type]) => ({ name, type })),
    visible: ['user_id', ...columnTypes.map(([name]) => name).filter((name) => name !== 'is_named')],
    filter: 'is_named',
    async *pages(from, to) {
      for (let cursor = from; cursor < to; ) {
        const first = cursor;
        cursor = Math.min(first + usersPerPage, to);
        const ids = Array.from({ length: cursor - first }, (_each, index) =>
          services.users.codes.textOf(first + index),
        );
        yield { rows: ids.length, cursor, columns: [ids] };
      }
    },
  },
  stateAt(sequence, asOf) {
    // To the second, so that queries within one second share a state.
    const clock = () => Math.floor(services.nowUs() / 1e6) * 1e6;
    const atUs = asOf.validAtUs ?? instantOf(services.ledger, asOf, clock);
    const count = services.users.codes.size;
    return {
      key: `${sequence} ${atUs} ${count}`,
      cursor: count,
      sequence: null,
      codes: () => userCodes(services, count, sequence, atUs),
    };
  },
});

const userCodes = async (
  services: UsersTableServices,
  count: number,
  sequence: number,
  atUs: number,
): Promise<SqlCodes[]> => {
  const maybeYield = createYielder(undefined);
  const result: SqlCodes[] = [];
  for (const column of userColumns(services, sequence, atUs)) {
    const codes = new Uint32Array(count);
    for (let user = 0; user < count; user++) {
      codes[user] = column.codeOf(user);
      if (user % usersPerYield === 0) await maybeYield();
    }
    result.push({ name: column.name, type: column.type, codes, labels: column.labels() });
  }
  return result;
};

const userColumns = (
  { users, userFiles, userStatus }: UsersTableServices,
  sequence: number,
  atUs: number,
): readonly UserColumn[] => {
  const truth: SqlValues = [false, true];
  const attribute = ({ codeBy, names }: Users['countries']) => ({
    codeOf: (user: number) => codeBy(users.attributesCodeAt(user, sequence)),
    labels: () => Array.from({ length: names.size }, (_each, code) => names.textOf(code)),
  });
  const name = (column: NameColumn) => ({
    codeOf: (user: number) => column.codeBy(userFiles.detailsCodeAt(user, sequence)),
    labels: () => Array.from({ length: column.size }, (_each, code) => (code === 0 ? null : column.textOf(code))),
  });
  const birth = createValues();
  const age = createValues();
  const columns: { readonly [Name in (typeof columnTypes)[number][0]]: Pick<UserColumn, 'codeOf' | 'labels'> } = {
    is_named: { codeOf: (user) => Number(users.isNamed(user, sequence)), labels: () => truth },
    status: { codeOf: (user) => userStatus.codeAt(user, atUs, sequence), labels: () => statusCodes },
    country: attribute(users.countries),
    gender: attribute(users.genders),
    first_name: name(userFiles.firstNames),
    last_name: name(userFiles.lastNames),
    birth_date: {
      codeOf(user) {
        const code = userFiles.detailsCodeAt(user, sequence);
        return birth.codeOf(code === 0 ? null : dayOfMs(userFiles.birthMsOf(code)));
      },
      labels: () => birth.values,
    },
    age: { codeOf: (user) => age.codeOf(userFiles.ageAt(user, atUs, sequence)), labels: () => age.values },
    has_image: { codeOf: (user) => Number(userFiles.imageCodeAt(user, sequence) !== 0), labels: () => truth },
  };
  return columnTypes.map(([column, type]) => ({ name: column, type, ...columns[column] }));
};

/** Codes of values in the order in which they are met. */
const createValues = () => {
  const codes = new Map<number | null, number>();
  const values: (number | null)[] = [];
  return {
    values,
    codeOf(value: number | null): number {
      const known = codes.get(value);
      if (known !== undefined) return known;
      codes.set(value, values.length);
      return values.push(value) - 1;
    },
  };
};
