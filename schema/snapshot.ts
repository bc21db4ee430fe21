import type { Context } from '../src/context.ts';
import { DomainError } from '../src/errors.ts';
import type { Ledger } from '../src/ledger/ledger.ts';
import type { AsOfInput } from './time.ts';

/**
 * The state that an object shows. An object that is reached through an `asOf` with a `sequence` or `knownAt` belongs to
 * that snapshot: so do the objects below it, its `id` carries the sequence number, and «now» is the time of the snapshot.
 * Every other object has the plain id and shows the newest state. A cache that stores objects by `id` never mixes states.
 */
export interface InSnapshot {
  /** The sequence number of the snapshot; undefined for the newest state. */
  readonly sequence?: number | undefined;
}

/** What an `asOf` argument requests. */
export interface RequestedAsOf extends InSnapshot {
  /** Microseconds since 1970 UTC; undefined without `validAt`. */
  readonly validAtUs: number | undefined;
}

type Input = (typeof AsOfInput)['$inferInput'] | null | undefined;

/**
 * The valid time and the snapshot of an `asOf` argument: `knownAt` becomes the last sequence number recorded by then. Without
 * `sequence` and `knownAt` the snapshot is that of `owner`, the object whose field has the argument. Throws BAD_REQUEST for a
 * sequence number outside of the ledger, and for `knownAt` with `sequence`.
 */
export const asOfOf = (
  input: Input,
  ledger: Pick<Ledger, 'resolveSequence'>,
  owner: InSnapshot = {},
): RequestedAsOf => {
  const knownAtUs = input?.knownAt ?? undefined;
  const sequence = input?.sequence ?? undefined;
  const isExplicit = knownAtUs !== undefined || sequence !== undefined;
  return {
    validAtUs: input?.validAt ?? undefined,
    sequence: isExplicit ? ledger.resolveSequence({ knownAtUs, sequence }) : owner.sequence,
  };
};

/**
 * The snapshot of an `asOf` argument of a field that has no use for `validAt`. Throws BAD_REQUEST for a `validAt`, with the
 * reason: nothing is accepted without effect.
 */
export const snapshotOf = (
  input: Input,
  ledger: Pick<Ledger, 'resolveSequence'>,
  whyNotValidAt: string,
  owner: InSnapshot = {},
): InSnapshot => {
  const { validAtUs, sequence } = asOfOf(input, ledger, owner);
  if (validAtUs === undefined) return { sequence };
  const message = `asOf.validAt does not apply: ${whyNotValidAt}`;
  throw new DomainError('BAD_REQUEST', message, { problems: [{ path: 'asOf.validAt', code: 'NOT_ALLOWED', message }] });
};

/** An object as one of a snapshot; the object itself for the newest state. */
export const inSnapshot = <T extends object>(object: T, { sequence }: InSnapshot): T & InSnapshot =>
  sequence === undefined ? object : { ...object, sequence };

/** The same for an object that may be missing. */
export const foundInSnapshot = <T extends object>(object: T | null, owner: InSnapshot): (T & InSnapshot) | null =>
  object && inSnapshot(object, owner);

/** The local part of a node's `id`: NUL, sequence number, NUL, id for an object of a snapshot. No id contains NUL. */
export const localIdOf = (id: string | number, { sequence }: InSnapshot): string =>
  sequence === undefined ? String(id) : `\0${sequence}\0${id}`;

interface ParsedLocalId extends InSnapshot {
  readonly id: string;
}

const localIdForm = /^(?:\0(0|[1-9]\d{0,15})\0)?([^\0]+)$/;

/** The parts of a `localIdOf`; null for any other text, and for a sequence number that the ledger has not reached. */
export const parseLocalId = (localId: string, ledger: Pick<Ledger, 'snapshot'>): ParsedLocalId | null => {
  const [, sequenceText, id] = localIdForm.exec(localId) ?? [];
  if (id === undefined) return null;
  if (sequenceText === undefined) return { id };
  const sequence = Number(sequenceText);
  return sequence <= ledger.snapshot().sequence ? { id, sequence } : null;
};

const seqForm = /^[1-9]\d{0,15}$/;

/**
 * Loads records of the ledger by the local parts of their nodes' ids, in order, null for an unknown id and for a record that
 * is newer than the snapshot of its id.
 */
export const recordsByLocalIds = <T extends { readonly seq: number }>(
  localIds: readonly string[],
  bySeqs: (seqs: readonly number[]) => readonly (T | null)[],
  { ledger }: Pick<Context, 'ledger'>,
): ((T & InSnapshot) | null)[] => {
  const parsed = localIds.map((localId) => parseLocalId(localId, ledger));
  // No record has the sequence number 0.
  const rows = bySeqs(parsed.map((each) => (each && seqForm.test(each.id) ? Number(each.id) : 0)));
  return rows.map((row, index) => {
    const sequence = parsed[index]?.sequence;
    return row && row.seq <= (sequence ?? row.seq) ? inSnapshot(row, { sequence }) : null;
  });
};

/**
 * «Now» for an object, microseconds since 1970 UTC: for one of a snapshot the time at which its last record was stored, so
 * that the snapshot looks the same for ever. The empty store has no such time: there «now» is 1970-01-01T00:00:00Z.
 */
export const nowUsIn = ({ sequence }: InSnapshot, { ledger, nowUs }: Pick<Context, 'ledger' | 'nowUs'>): number =>
  sequence === undefined ? nowUs() : (ledger.snapshotAt(sequence).atUs ?? 0);
