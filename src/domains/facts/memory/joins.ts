import { ageBandOf } from '../../../lib/age.ts';
import type { UserStatus } from '../../user-status/user-status.ts';
import type { UserFiles } from '../../users/user-files.ts';
import type { Users } from '../../users/users.ts';
import type { FactColumns } from './columns.ts';
import { filledRowsMax, type Join, type JoinedRows } from './join.ts';

/** The users and times of the rows that are joined next. */
class UserTimes {
  readonly #facts: FactColumns;
  readonly #users = new Uint32Array(filledRowsMax);
  readonly #times = new Float64Array(filledRowsMax);

  constructor(facts: FactColumns) {
    this.#facts = facts;
  }

  /** Valid until the next call. `validAtUs` is the time of all rows. */
  of({ rows, keys: known }: JoinedRows, validAtUs: number | undefined): { keys: Uint32Array; atUs: Float64Array } {
    const keys = known ?? this.#users.subarray(0, rows.length);
    const atUs = this.#times.subarray(0, rows.length);
    if (!known) this.#facts.readUsers(rows, keys);
    if (validAtUs === undefined) this.#facts.readTimes(rows, atUs);
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
    readKeys: facts.readUsersFrom,
    fill(joined, _basis, { validAtUs }, sequence) {
      const values = joined.codes as Uint8Array;
      userStatus.codesAt({ ...userTimes.of(joined, validAtUs), values }, sequence);
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
    fill(joined, _basis, { validAtUs }, sequence) {
      users.attributesCodesAt(userTimes.of(joined, validAtUs).keys, sequence, joined.codes as Uint32Array);
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
  const [detailsCodes, imageCodes] = [new Uint32Array(filledRowsMax), new Uint32Array(filledRowsMax)];
  return {
    ...noBasis,
    name: 'files',
    allocate: (rows) => new Uint8Array(rows),
    fill(joined, _basis, { validAtUs }, sequence) {
      const { keys, atUs } = userTimes.of(joined, validAtUs);
      const [details, images] = [detailsCodes.subarray(0, keys.length), imageCodes.subarray(0, keys.length)];
      userFiles.detailsCodesAt(keys, sequence, details);
      userFiles.imageCodesAt(keys, sequence, images);
      const { codes } = joined;
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
