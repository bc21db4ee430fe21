import { hash } from 'node:crypto';

/** Whether a client that sent `If-None-Match` has the content of `etag` (RFC 9110, section 13.1.2: weak comparison). */
export const isCached = (etag: string, ifNoneMatch: string | null | undefined): boolean => {
  const opaque = etag.replace(/^W\//, '');
  return (ifNoneMatch ?? '').split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === opaque);
};

/**
 * Stands for a program, its settings and what was erased from its data folder, which no sequence number shows: all of them change
 * answers, and two data folders may be served at one address. It stays the same while a process runs: nothing is erased meanwhile.
 */
export const installationOf = (version: string, config: object, erasures: readonly number[]): string =>
  hash('sha256', JSON.stringify([version, config, erasures]), 'hex');

/** The tag of an answer that depends on a state and on `parts`. Weak: the same answer may be compressed. */
export const snapshotTag = (
  { sequence, atUs }: { readonly sequence: number; readonly atUs: number | null },
  parts: readonly unknown[],
): string => `W/"${sequence}-${hash('sha256', JSON.stringify([sequence, atUs, parts]), 'base64url').slice(0, 22)}"`;

/** Whether a client has the answer of `etag`. `*` is not compared: it does not say which answer the client has. */
export const hasAnswer = (etag: string, ifNoneMatch: string | null | undefined): boolean =>
  isCached(etag, ifNoneMatch?.replaceAll('*', ''));

/** A browser may keep its answer, and asks each time whether it is still right. */
export const revalidatedEachTime = {
  'cache-control': 'private, no-cache',
  vary: 'authorization, x-api-key, accept, accept-encoding',
} as const;
