import { type Status, statusCodes } from './status.ts';
import type { StatusPeriods } from './timeline.ts';

/** What a batch was requested with, and what was found for it. */
interface Found {
  readonly userIds: readonly string[];
  readonly atUs: number;
  readonly sequence: number;
  /** The status of each user by its code. */
  readonly codes: Uint8Array;
  /** Finds the periods of all users, as of the same sequence number. */
  findPeriods(): StatusPeriods;
}

/**
 * The statuses of many users at one instant, as columns: an object for each is made by readers that need one. The periods are
 * found when the first of them is read, for all users at once.
 */
export class StatusBatch {
  readonly userIds: readonly string[];
  readonly atUs: number;
  /** Records up to this sequence number were used. */
  readonly sequence: number;
  readonly #codes: Uint8Array;
  readonly #findPeriods: () => StatusPeriods;
  #periods: StatusPeriods | undefined;

  constructor({ userIds, atUs, sequence, codes, findPeriods }: Found) {
    this.userIds = userIds;
    this.atUs = atUs;
    this.sequence = sequence;
    this.#codes = codes;
    this.#findPeriods = findPeriods;
  }

  get length(): number {
    return this.userIds.length;
  }

  statusAt(index: number): Status {
    return statusCodes[this.#codes[index] as number] as Status;
  }

  validFromUsAt(index: number): number | null {
    return orNull(this.#foundPeriods().fromUs[index] as number);
  }

  validToUsAt(index: number): number | null {
    return orNull(this.#foundPeriods().toUs[index] as number);
  }

  decidedBySeqAt(index: number): number | null {
    return orNull(this.#foundPeriods().decidedBySeqs[index] as number);
  }

  #foundPeriods(): StatusPeriods {
    this.#periods ??= this.#findPeriods();
    return this.#periods;
  }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
