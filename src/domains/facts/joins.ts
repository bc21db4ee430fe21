import { ageBandOf } from '../../lib/age.ts';
import type { UserStatus } from '../user-status/user-status.ts';
import type { UserFiles } from '../users/user-files.ts';
import type { Users } from '../users/users.ts';
import type { FactColumns } from './columns.ts';
import type { Join } from './enrichment.ts';

const restsOnUsersOnly = { basis: () => null, basisAt: () => null };

/** The status of the fact's user at its time. */
export const joinStatus = (facts: FactColumns, userStatus: UserStatus): Join => ({
  ...restsOnUsersOnly,
  name: 'status',
  allocate: (rows) => new Uint8Array(rows),
  fill({ chunk, first, from, to }, _basis, { validAtUs }, sequence) {
    for (let row = from; row < to; row++)
      chunk[row - first] = userStatus.codeAt(facts.userOf(row), validAtUs ?? facts.occurredAtUsOf(row), sequence);
  },
  onChange: userStatus.onChange,
});

/** What sources say of the fact's user. */
export const joinAttributes = (facts: FactColumns, users: Users): Join => ({
  ...restsOnUsersOnly,
  name: 'attributes',
  allocate: (rows) => new Uint32Array(rows),
  fill({ chunk, first, from, to }, _basis, _asOf, sequence) {
    for (let row = from; row < to; row++) chunk[row - first] = users.attributesCodeAt(facts.userOf(row), sequence);
  },
  onChange: users.onChange,
});

/** What a code of the join `files` stands for. */
export const hasImageOf = (code: number): number => code & 1;
/** The place of an age band and 1, or 0 where the age is not known. */
export const ageBandCodeOf = (code: number): number => code >>> 1;

/** What the files of the fact's user say: whether there is an image, and how old the user was at the fact's time. */
export const joinFiles = (facts: FactColumns, userFiles: UserFiles): Join => ({
  ...restsOnUsersOnly,
  name: 'files',
  allocate: (rows) => new Uint8Array(rows),
  fill({ chunk, first, from, to }, _basis, { validAtUs }, sequence) {
    for (let row = from; row < to; row++) {
      const user = facts.userOf(row);
      const age = userFiles.ageAt(user, validAtUs ?? facts.occurredAtUsOf(row), sequence);
      const band = age === null ? 0 : ageBandOf(age) + 1;
      chunk[row - first] = 2 * band + Number(userFiles.imageCodeAt(user, sequence) !== 0);
    }
  },
  onChange: userFiles.onChange,
});
