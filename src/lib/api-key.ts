import { hash, randomBytes } from 'node:crypto';

/** What a key may be for; none includes another but `admin`, which includes all. */
export const scopes = [
  { scope: 'read', meaning: 'ask and follow: GraphQL queries and subscriptions, REST by GET, exports' },
  { scope: 'ingest', meaning: 'send records and files in, and see what became of them' },
  { scope: 'admin', meaning: 'everything, also what settings are: plans of experiments' },
] as const;

export type Scope = (typeof scopes)[number]['scope'];

/** A key as it is kept: whoever reads it cannot call with it. */
export interface ScopedDigest {
  readonly scope: Scope;
  readonly digest: string;
}

/** 256 random bits, marked so that scanners for leaked secrets know it. */
export const newApiKey = (): string => `asof_${randomBytes(32).toString('base64url')}`;

/** SHA-256 in hexadecimal. A slow hash would only slow down the guessing of keys that are not random. */
export const digestOfKey = (key: string): string => hash('sha256', key, 'hex');

/** What HTTP can carry in a header (RFC 9110, 5.5), without the comma that ends a key in a list. */
const plainKey = /^[\x21-\x2b\x2d-\x7e]+$/;

/** `scope:key`; null for anything else. The key itself is not kept. */
export const parseScopedKey = (text: string): ScopedDigest | null => {
  const colon = text.indexOf(':');
  const scope = scopes.find((each) => each.scope === text.slice(0, colon))?.scope;
  const key = text.slice(colon + 1);
  return scope !== undefined && plainKey.test(key) ? { scope, digest: digestOfKey(key) } : null;
};
