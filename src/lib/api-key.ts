import { hash, randomBytes } from 'node:crypto';

/** The scopes of keys: `admin` includes all others, and no other scope includes another. */
export const scopes = [
  { scope: 'read', meaning: 'read and subscribe: GraphQL queries and subscriptions, REST by GET, exports' },
  { scope: 'ingest', meaning: 'send records and files, and see the outcome of each' },
  { scope: 'admin', meaning: 'everything, including plans of experiments' },
] as const;

export type Scope = (typeof scopes)[number]['scope'];

/** A key as it is stored: it does not reveal the key. */
export interface ScopedDigest {
  readonly scope: Scope;
  readonly digest: string;
}

/** 256 random bits with a prefix by which scanners for leaked secrets recognize it. */
export const newApiKey = (): string => `asof_${randomBytes(32).toString('base64url')}`;

/** SHA-256 in hexadecimal. A slow hash would only slow down the guessing of keys that are not random. */
export const digestOfKey = (key: string): string => hash('sha256', key, 'hex');

/** What HTTP can carry in a header (RFC 9110, 5.5), without the comma that ends a key in a list. */
const plainKey = /^[\x21-\x2b\x2d-\x7e]+$/;

/** Parses `scope:key`; null for anything else. The key itself is not stored. */
export const parseScopedKey = (text: string): ScopedDigest | null => {
  const colon = text.indexOf(':');
  const scope = scopes.find((each) => each.scope === text.slice(0, colon))?.scope;
  const key = text.slice(colon + 1);
  return scope !== undefined && plainKey.test(key) ? { scope, digest: digestOfKey(key) } : null;
};
