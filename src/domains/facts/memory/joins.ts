import { ageBandOf } from '../../../lib/age.ts';
import type { UserStatus } from '../../user-status/user-status.ts';
import type { UserFiles } from '../../users/user-files.ts';
import type { Users } from '../../users/users.ts';
import type { FactColumns } from './columns.ts';
import { type ChunkSlice, codesOf, type Join, rowsPerFill } from './enrichment.ts';

/** The users and times of the rows that are joined next, one after the other. */
class UserTimes {
  readonly #facts: FactColumns;
  readonly #users = new Uint32Array(rowsPerFill);
  readonly #times = new Float64Array(rowsPerFill);

  constructor(facts: FactColumns) {
    this.#facts = facts;
  }

  /** Valid until the next call. `validAtUs` is the time of all rows. */
  of({ from, to }: ChunkSlice, validAtUs: number | undefined): { keys: Uint32Array; atUs: Float64Array } {
    const keys = this.#users.subarray(0, to - from);
    const atUs = this.#times.subarray(0, to - from);
    this.#facts.readUsers(from, keys);
    if (validAtUs === undefined) this.#facts.readTimes(from, atUs);
    else atUs.fill(validAtUs);
    return { keys, atUs };
  }
}

/** Of joins whose codes depend on nothing but the row's user. */
const noBasis = { basis: () => null, basisAt: () => null };

/** The status of the fact's user at its time. */
export const joinStatus = (facts: FactColumns, userStatus: Pick<UserStatus, 'codesAt' | 'onChange'>): Join => {
  const userTimes = new UserTimes(facts);
  return {
    ...noBasis,
    name: 'status',
    allocate: (rows) => new Uint8Array(rows),
    fill(slice, _basis, { validAtUs }, sequence) {
      const values = codesOf(slice) as Uint8Array;
      userStatus.codesAt({ ...userTimes.of(slice, validAtUs), values }, sequence);
    },
    onChange: userStatus.onChange,
  };
};

/** The country and gender of the fact's user. */
export const joinAttributes = (facts: FactColumns, users: Users): Join => {
  const userTimes = new UserTimes(facts);
  return {
    ...noBasis,
    name: 'attributes',
    allocate: (rows) => new Uint32Array(rows),
    fill(slice, _basis, { validAtUs }, sequence) {
      users.attributesCodesAt(userTimes.of(slice, validAtUs).keys, sequence, codesOf(slice) as Uint32Array);
    },
    onChange: users.onChange,
  };
};

/** 1 with an image, 0 without, from a code of the join `files`. */
export const hasImageOf = (code: number): number => code & 1;
/** The index of the age band plus 1, from a code of the join `files`; 0 for an unknown age. */
export const ageBandCodeOf = (code: number): number => code >>> 1;

/** Whether the fact's user has an image, and the user's age band at the fact's time. */
export const joinFiles = (facts: FactColumns, userFiles: UserFiles): Join => {
  const userTimes = new UserTimes(facts);
  const [detailsCodes, imageCodes] = [new Uint32Array(rowsPerFill), new Uint32Array(rowsPerFill)];
  return {
    ...noBasis,
    name: 'files',
    allocate: (rows) => new Uint8Array(rows),
    fill(slice, _basis, { validAtUs }, sequence) {
      const { keys, atUs } = userTimes.of(slice, validAtUs);
      const [details, images] = [detailsCodes.subarray(0, keys.length), imageCodes.subarray(0, keys.length)];
      userFiles.detailsCodesAt(keys, sequence, details);
      userFiles.imageCodesAt(keys, sequence, images);
      const codes = codesOf(slice);
      for (let index = 0; index < codes.length; index++) {
        // Most users have no file.
        const age =
          details[index] === 0 ? null : userFiles.ageAt(keys[index] as number, atUs[index] as number, sequence);
        const band = age === null ? 0 : ageBandOf(age) + 1;
        codes[index] = 2 * band + Number(images[index] !== 0);
      }
    },
    onChange: userFiles.onChange,
  };
};
