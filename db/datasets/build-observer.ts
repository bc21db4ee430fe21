import type { FieldProblem } from '../../src/errors.ts';

export interface RejectedRow {
  readonly line: number;
  readonly raw: string;
  readonly problems: FieldProblem[];
}

export interface BuildProgress {
  readonly bytesRead: number;
  readonly read: number;
  readonly rejected: number;
}

export interface BuildObserver {
  /** Cancels the build when it is aborted. */
  readonly signal: AbortSignal;
  onProgress(progress: BuildProgress): void;
  /** The build reads no further rows until the promise has resolved. */
  onRejects(rows: readonly RejectedRow[]): Promise<void>;
}
