import type { MessagePort } from 'node:worker_threads';
import type { RecordSelection, SegmentFile, SegmentRows } from './file.ts';

/** What the thread starts with. */
export interface ThreadData {
  readonly port: MessagePort;
  /** 1 once a reply is in the port. */
  readonly signal: Int32Array;
}

export interface ReadRequest {
  readonly file: SegmentFile;
  readonly selection: RecordSelection;
}

/** MISSING: the file may be back later; DAMAGED: it is not what was written. */
export interface ReadFault {
  readonly kind: 'MISSING' | 'DAMAGED';
  /** What it is or has, to stand after its name. */
  readonly message: string;
}

export type ReadReply =
  | { readonly rows: SegmentRows; readonly fault?: never }
  | { readonly fault: ReadFault; readonly rows?: never };
