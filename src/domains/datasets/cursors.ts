import { createHash } from 'node:crypto';
import { DomainError } from '../../errors.ts';

/** A place in a list of a version: cursors hold its text. */
export interface CursorPosition {
  readonly versionId: number;
  /** Of the list's order. */
  readonly signature: string;
  /** The row, or the number of the group. */
  readonly index: number;
}

/** Tells lists in another order apart. */
export const signatureOf = (order: unknown): string =>
  createHash('sha256').update(JSON.stringify(order)).digest('base64url').slice(0, 8);

export const formatCursor = ({ versionId, signature, index: at }: CursorPosition): string =>
  `${versionId}.${signature}.${at}`;

/** Throws BAD_REQUEST for what is no place. */
export const parseCursor = (text: string): CursorPosition => {
  const [, versionId, signature = '', at] = /^(\d{1,15})\.([\w-]{8})\.(\d{1,15})$/.exec(text) ?? [];
  if (at === undefined) throw new DomainError('BAD_REQUEST', 'the cursor is not one of this list');
  return { versionId: Number(versionId), signature, index: Number(at) };
};
