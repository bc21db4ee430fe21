import { createHash } from 'node:crypto';
import { DomainError } from '../../errors.ts';

/** A position in a list of a version; a cursor is its text. */
export interface CursorPosition {
  readonly versionId: number;
  /** Identifies the order of the list. */
  readonly signature: string;
  /** The row number, or the index of the group. */
  readonly index: number;
}

/** A short hash that distinguishes lists in different orders. */
export const signatureOf = (order: unknown): string =>
  createHash('sha256').update(JSON.stringify(order)).digest('base64url').slice(0, 8);

export const formatCursor = ({ versionId, signature, index: at }: CursorPosition): string =>
  `${versionId}.${signature}.${at}`;

/** Throws BAD_REQUEST for a text that is not a cursor. */
export const parseCursor = (text: string): CursorPosition => {
  const [, versionId, signature = '', at] = /^(\d{1,15})\.([\w-]{8})\.(\d{1,15})$/.exec(text) ?? [];
  if (at === undefined) throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
  return { versionId: Number(versionId), signature, index: Number(at) };
};

/** The index of a cursor; null without one. Throws BAD_REQUEST for a cursor of another list. */
export const rowOfCursor = (text: string | undefined, list: Omit<CursorPosition, 'index'>): number | null => {
  if (text === undefined) return null;
  const cursor = parseCursor(text);
  if (cursor.versionId === list.versionId && cursor.signature === list.signature) return cursor.index;
  throw new DomainError('BAD_REQUEST', 'the cursor belongs to another version or order');
};
