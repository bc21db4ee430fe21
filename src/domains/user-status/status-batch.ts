import type { TimelineSpans } from '../../indices/timeline-spans.ts';
import { type Status, statusCodes } from './status.ts';

/** What a batch was requested with, and what was found for it. */
interface Found {
  readonly userIds: readonly string[];
  readonly atUs: number;
  readonly sequence: number;
  /** The status of each user by its code. */
  readonly codes: Uint8Array;
  /** Finds from when until when the statuses hold, as of the same sequence number; NaN for an open end. */
  findSpans(): TimelineSpans;
  /** The record that decides on a user; null for none. */
  decidedBySeqAt(index: number): number | null;
}

/**
 * The statuses of many users at one instant, as columns: an object for each is made by readers that need one. From when until when
 * they hold is found when the first of it is read, for all users at once.
 */
export class StatusBatch {
  readonly userIds: readonly string[];
  readonly atUs: number;
  /** Records up to this sequence number were used. */
  readonly sequence: number;
  readonly #found: Found;
  readonly #codes: Uint8Array;
  #spans: TimelineSpans | undefined;

  constructor(found: Found) {
    this.userIds = found.userIds;
    this.atUs = found.atUs;
    this.sequence = found.sequence;
    this.#codes = found.codes;
    this.#found = found;
  }

  get length(): number {
    return this.userIds.length;
  }

  statusAt(index: number): Status {
    return statusCodes[this.#codes[index] as number] as Status;
  }

  validFromUsAt(index: number): number | null {
    return orNull(this.#foundSpans().fromUs[index] as number);
  }

  validToUsAt(index: number): number | null {
    return orNull(this.#foundSpans().toUs[index] as number);
  }

  decidedBySeqAt(index: number): number | null {
    return this.#found.decidedBySeqAt(index);
  }

  #foundSpans(): TimelineSpans {
    this.#spans ??= this.#found.findSpans();
    return this.#spans;
  }
}

const orNull = (value: number): number | null => (Number.isNaN(value) ? null : value);
