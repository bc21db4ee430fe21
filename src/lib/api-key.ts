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
  /** It cannot have 128 random bits, so nobody is admitted with it. */
  readonly isWeak: boolean;
}

/** 256 random bits with a prefix by which scanners for leaked secrets recognize it. */
export const newApiKey = (): string => `asof_${randomBytes(32).toString('base64url')}`;

/** SHA-256 in hexadecimal. A slow hash would only slow down the guessing of keys that are not random. */
export const digestOfKey = (key: string): string => hash('sha256', key, 'hex');

/** What HTTP can carry in a header (RFC 9110, 5.5), without the comma that ends a key in a list. */
const plainKey = /^[\x21-\x2b\x2d-\x7e]+$/;

/** What a key must have at least. */
const keyBitsMin = 128;
/** Fewer different characters are no random text of that length. */
const keyCharactersMin = 8;

/**
 * How many bits a text has when its characters were drawn at random from the smallest usual alphabet that has them all: more
 * than it really has, so that only keys that are surely weak are refused.
 */
const randomBitsAtMost = (text: string): number => {
  const isHex = /[a-f]/i.test(text) && /^(?:[0-9a-f]+|[0-9A-F]+)$/.test(text);
  const classes: readonly (readonly [RegExp, number])[] = [
    [/[0-9]/, 10],
    [/[a-z]/, 26],
    [/[A-Z]/, 26],
    [/[^0-9a-zA-Z]/, 32],
  ];
  const size = classes.reduce((sum, [pattern, count]) => sum + (pattern.test(text) ? count : 0), 0);
  return text.length * Math.log2(isHex ? 16 : size);
};

/** Whether a key of 128 random bits may look like this. Nobody must be able to guess the keys of a server. */
const isStrong = (key: string): boolean => new Set(key).size >= keyCharactersMin && randomBitsAtMost(key) >= keyBitsMin;

/** Parses `scope:key`; null for anything else. The key itself is not stored. */
export const parseScopedKey = (text: string): ScopedDigest | null => {
  const colon = text.indexOf(':');
  const scope = scopes.find((each) => each.scope === text.slice(0, colon))?.scope;
  const key = text.slice(colon + 1);
  if (scope === undefined || !plainKey.test(key)) return null;
  return { scope, digest: digestOfKey(key), isWeak: !isStrong(key) };
};
