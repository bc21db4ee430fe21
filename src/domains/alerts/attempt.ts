import { DomainError } from '../../errors.ts';
import type { HostPort } from '../../lib/host-port.ts';
import { type PostLimits, postGuarded } from '../../sources/guarded-post.ts';
import { signatureOf } from './secret.ts';

export interface SendLimits extends PostLimits {
  readonly alertAllow: readonly HostPort[];
}

/** How an attempt to deliver a message ended. */
export interface AttemptResult {
  /** Null when there was no response. */
  readonly responseStatus: number | null;
  /** Null when the message was delivered. */
  readonly error: string | null;
  /** How long the response asks to wait; null when it does not. */
  readonly retryAfterMs: number | null;
  /** A repeat would end the same. */
  readonly isFinal: boolean;
  /** The attempt was ended because the server stops. */
  readonly isStopped: boolean;
}

interface SendOptions {
  readonly limits: SendLimits;
  /** Microseconds since 1970 UTC. */
  readonly nowUs: number;
  readonly signal: AbortSignal;
}

/** Sends a message once, signed where the rule has a secret. Never rejects because of the hook. */
export const sendMessage = async (
  { messageId, body }: { readonly messageId: string; readonly body: string },
  { url, secret }: { readonly url: string; readonly secret: string | null },
  { limits, nowUs, signal }: SendOptions,
): Promise<AttemptResult> => {
  const timestamp = Math.floor(nowUs / 1_000_000);
  const signature =
    secret === null ? {} : { 'webhook-signature': signatureOf(secret, { id: messageId, timestamp, body }) };
  const headers = { 'webhook-id': messageId, 'webhook-timestamp': String(timestamp), ...signature };
  try {
    const { status, retryAfter, text } = await postGuarded(url, limits, {
      headers,
      body,
      allow: limits.alertAllow,
      signal,
    });
    return resultOf(status, withoutTokens(text, url), retryAfterMs(retryAfter, nowUs));
  } catch (error) {
    if (signal.aborted) return { ...noResponse, error: 'the server stopped during the attempt', isStopped: true };
    if (!(error instanceof DomainError)) throw error;
    const { code, message } = error;
    const isForbidden = code === 'ADDRESS_NOT_ALLOWED';
    const advice = isForbidden ? '; hosts with private addresses need the setting alertAllow' : '';
    return { ...noResponse, error: `${code}: ${message}${advice}`, isFinal: isForbidden || code === 'BAD_REQUEST' };
  }
};

const noResponse = { responseStatus: null, retryAfterMs: null, isFinal: false, isStopped: false } as const;

const previewLength = 200;
/** Shorter parts of a URL are words. */
const tokenLengthMin = 8;

/** Servers repeat the path of a request in their errors, and the path of a hook is a secret. */
const withoutTokens = (text: string, url: string): string => {
  const { pathname, search } = new URL(url);
  const tokens = `${pathname}${search}`.split(/[/?&=]/).filter(({ length }) => length >= tokenLengthMin);
  return tokens.reduce((kept, token) => kept.replaceAll(token, '…'), text);
};

/** Redirects are not followed, as Standard Webhooks recommends; 410 says that the hook is gone for good. */
const resultOf = (status: number, text: string, waitMs: number | null): AttemptResult => {
  const isDelivered = status >= 200 && status < 300;
  const isRedirect = status >= 300 && status < 400;
  const advice = isRedirect ? ' (redirects are not followed: use the final URL)' : '';
  const body = text.trim() === '' ? '' : `: ${text.trim().slice(0, previewLength).toWellFormed()}`;
  return {
    responseStatus: status,
    error: isDelivered ? null : `the hook answered with status ${status}${advice}${body}`,
    retryAfterMs: isDelivered ? null : waitMs,
    isFinal: status === 410,
    isStopped: false,
  };
};

/** RFC 9110, section 10.2.3: seconds or a date. */
const retryAfterMs = (text: string | null, nowUs: number): number | null => {
  if (text === null) return null;
  if (/^\d{1,9}$/.test(text.trim())) return Number(text) * 1000;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowUs / 1000);
};
