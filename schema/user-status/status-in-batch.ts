import type { Status } from '../../src/domains/user-status/status.ts';
import type { StatusBatch } from '../../src/domains/user-status/status-batch.ts';
import type { StatusAsOf } from '../../src/domains/user-status/timeline.ts';
import type { InSnapshot } from '../snapshot.ts';

/** A status and the snapshot of the objects below it. */
export interface StatusAnswer extends StatusAsOf {
  readonly owner: InSnapshot;
}

/** One answer of a batch, which reads the columns when it is read itself. */
export class StatusInBatch implements StatusAnswer {
  readonly owner: InSnapshot;
  readonly #batch: StatusBatch;
  readonly #index: number;

  constructor(batch: StatusBatch, index: number, owner: InSnapshot) {
    this.owner = owner;
    this.#batch = batch;
    this.#index = index;
  }

  get userId(): string {
    return this.#batch.userIds[this.#index] as string;
  }

  get atUs(): number {
    return this.#batch.atUs;
  }

  get sequence(): number {
    return this.#batch.sequence;
  }

  get status(): Status {
    return this.#batch.statusAt(this.#index);
  }

  get validFromUs(): number | null {
    return this.#batch.validFromUsAt(this.#index);
  }

  get validToUs(): number | null {
    return this.#batch.validToUsAt(this.#index);
  }

  get decidedBySeq(): number | null {
    return this.#batch.decidedBySeqAt(this.#index);
  }
}
