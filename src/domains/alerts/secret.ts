import { createHmac, randomBytes } from 'node:crypto';

/** The prefix of secrets in base64 (Standard Webhooks 1.0.0, "Signature scheme"). */
const prefix = 'whsec_';

/** 256 random bits. */
export const newSecret = (): string => prefix + randomBytes(32).toString('base64');

const secretLengthMax = 256;

/** Why a text cannot be a secret; null when it can. */
export const secretProblem = (secret: string): string | null => {
  if (secret === '' || secret.length > secretLengthMax || !secret.isWellFormed())
    return `secret must be 1 to ${secretLengthMax} characters of well-formed text`;
  if (!secret.startsWith(prefix)) return null;
  const bytes = Buffer.from(secret.slice(prefix.length), 'base64');
  // Node skips what is not base64.
  const isBase64 = bytes.toString('base64').replace(/=+$/, '') === secret.slice(prefix.length).replace(/=+$/, '');
  return isBase64 && bytes.byteLength > 0 ? null : `what follows ${prefix} in a secret must be base64`;
};

/** The key of the signature: after `whsec_` in base64, otherwise the bytes of the text itself. */
const keyOf = (secret: string): Buffer =>
  secret.startsWith(prefix) ? Buffer.from(secret.slice(prefix.length), 'base64') : Buffer.from(secret);

export interface SignedMessage {
  readonly id: string;
  /** When this attempt is sent, seconds since 1970 UTC. */
  readonly timestamp: number;
  readonly body: string;
}

/** The header `webhook-signature` (Standard Webhooks 1.0.0): HMAC-SHA256 of `id.timestamp.body`, version 1. */
export const signatureOf = (secret: string, { id, timestamp, body }: SignedMessage): string =>
  `v1,${createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
