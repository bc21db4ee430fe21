import type { DomainError } from '../../../src/errors.ts';
import type { BuildProgress, RejectedRow } from '../build-observer.ts';
import type { DatasetLimits } from '../limits.ts';
import type { PartAhead, PartProgress, PartTask } from './read-part.ts';
import type { ConvertRequest } from './stage-column-file.ts';
import type { StagedRows, StageRequest, StageResult } from './staged-rows.ts';

/** Stages a CSV file, a part of one, or a file of the kind that held versions before Parquet. */
export type WorkerTask =
  | { readonly stage: StageRequest; readonly limits: DatasetLimits }
  | { readonly part: PartTask }
  | { readonly convert: ConvertRequest };

/** What a thread that stages rows receives. */
export type WorkerRequest =
  | WorkerTask
  /** The rejected rows of the last message are stored. */
  | { readonly ack: 'rejects' };

/** What the thread sends: progress and rejects, and at the end the result or an error. */
export type WorkerMessage =
  | { readonly progress: BuildProgress }
  | { readonly rejects: readonly RejectedRow[] }
  | { readonly partProgress: PartProgress }
  | { readonly part: PartAhead | null }
  | { readonly result: StageResult | StagedRows }
  | {
      readonly error: Pick<DomainError, 'code' | 'message' | 'problems'>;
      /** Whether the error is a bug rather than a DomainError. */
      readonly isBug: boolean;
    };
