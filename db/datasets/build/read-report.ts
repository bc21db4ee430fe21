import { DomainError } from '../../../src/errors.ts';
import type { BuildObserver, RejectedRow } from '../build-observer.ts';
import type { DatasetLimits } from '../limits.ts';
import type { PartProgress } from './read-part.ts';

export type BuildCallbacks = Omit<BuildObserver, 'signal'>;

/** Rejected rows of one message. */
const rejectsPerMessage = 200;

/** Reports the progress of a pass over a file, of which several parts are read at the same time, and what is rejected. */
export class ReadReport {
  readonly #callbacks: BuildCallbacks;
  readonly #limits: Pick<DatasetLimits, 'datasetRejectsMax'>;
  readonly #parts: PartProgress[] = [];
  #reported: PartProgress = { bytes: 0, rows: 0 };
  #rejected: number;

  /** `rejected` rows were reported by an earlier pass. */
  constructor(callbacks: BuildCallbacks, limits: Pick<DatasetLimits, 'datasetRejectsMax'>, rejected = 0) {
    this.#callbacks = callbacks;
    this.#limits = limits;
    this.#rejected = rejected;
  }

  get rejected(): number {
    return this.#rejected;
  }

  progress(part: number, progress: PartProgress): void {
    this.#parts[part] = progress;
    let [bytes, rows] = [0, 0];
    for (const each of this.#parts) {
      bytes += each?.bytes ?? 0;
      rows += each?.rows ?? 0;
    }
    // A part may be read again, in one with another.
    this.#reported = { bytes: Math.max(bytes, this.#reported.bytes), rows: Math.max(rows, this.#reported.rows) };
    this.#callbacks.onProgress({
      bytesRead: this.#reported.bytes,
      read: this.#reported.rows,
      rejected: this.#rejected,
    });
  }

  /** Throws NOT_A_TABLE when more rows are rejected than allowed. */
  async rejects(rejects: readonly RejectedRow[]): Promise<void> {
    this.#rejected += rejects.length;
    for (let start = 0; start < rejects.length; start += rejectsPerMessage)
      await this.#callbacks.onRejects(rejects.slice(start, start + rejectsPerMessage));
    const { datasetRejectsMax } = this.#limits;
    if (this.#rejected > datasetRejectsMax)
      throw new DomainError(
        'NOT_A_TABLE',
        `more than ${datasetRejectsMax} rows cannot be read (setting datasetRejectsMax)`,
      );
  }
}
