import type { StoredOrigin } from '../../ledger/record.ts';
import type { Decimal } from '../../lib/decimal.ts';
import type { FactSource } from './dimensions.ts';
import type { FactEngine } from './engine.ts';

/** The fields that all kinds of facts have. */
export interface StoredFact extends StoredOrigin {
  readonly source: FactSource;
  readonly userId: string;
  readonly occurredAtUs: number;
  readonly amount: Decimal | null;
}

/** Facts of one kind: an engine that answers questions about them, and the facts as they are stored. */
export interface FactSet {
  readonly source: FactSource;
  readonly engine: FactEngine;
  /** Stored facts by `seq`, in the order of the keys: one statement. */
  bySeqs(seqs: readonly number[]): readonly (StoredFact | null)[];
}
