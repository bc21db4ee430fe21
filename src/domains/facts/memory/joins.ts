import { ageBandOf } from '../../../lib/age.ts';
import type { UserStatus } from '../../user-status/user-status.ts';
import type { UserFiles } from '../../users/user-files.ts';
import type { Users } from '../../users/users.ts';
import type { FactColumns } from './columns.ts';
import type { Join } from './enrichment.ts';

/** Of joins whose codes depend on nothing but the row's user. */
const noBasis = { basis: () => null, basisAt: () => null };

/** The status of the fact's user at its time. */
export const joinStatus = (facts: FactColumns, userStatus: UserStatus): Join => ({
  ...noBasis,
  name: 'status',
  allocate: (rows) => new Uint8Array(rows),
  fill({ chunk, first, from, to }, _basis, { validAtUs }, sequence) {
    for (let row = from; row < to; row++)
      chunk[row - first] = userStatus.codeAt(facts.userOf(row), validAtUs ?? facts.occurredAtUsOf(row), sequence);
  },
  onChange: userStatus.onChange,
});

/** The country and gender of the fact's user. */
export const joinAttributes = (facts: FactColumns, users: Users): Join => ({
  ...noBasis,
  name: 'attributes',
  allocate: (rows) => new Uint32Array(rows),
  fill({ chunk, first, from, to }, _basis, _asOf, sequence) {
    for (let row = from; row < to; row++) chunk[row - first] = users.attributesCodeAt(facts.userOf(row), sequence);
  },
  onChange: users.onChange,
});

/** 1 with an image, 0 without, from a code of the join `files`. */
export const hasImageOf = (code: number): number => code & 1;
/** The index of the age band plus 1, from a code of the join `files`; 0 for an unknown age. */
export const ageBandCodeOf = (code: number): number => code >>> 1;

/** Whether the fact's user has an image, and the user's age band at the fact's time. */
export const joinFiles = (facts: FactColumns, userFiles: UserFiles): Join => ({
  ...noBasis,
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
