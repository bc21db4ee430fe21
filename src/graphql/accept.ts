import { parseAccept } from 'hono/utils/accept';
import { type JsonType, jsonTypes } from './answer.ts';

/** Which forms of answers a client accepts. */
export interface Accepted {
  /** The form of an answer that is complete; a stream of one result for a client that prefers streams; null when none is accepted. */
  readonly preferred: JsonType | 'text/event-stream' | null;
  /** Whether it accepts a stream of events, which a subscription needs. */
  readonly events: boolean;
}

const types = [...jsonTypes, 'text/event-stream'] as const;

const anything: Accepted = { preferred: 'application/json', events: false };

/** Clients send few different headers. */
const keptMax = 100;

/** Reads `Accept` headers (RFC 9110, 12.5.1): the highest weight wins, then the first named. */
export const createAcceptReader = (): ((header: string | null | undefined) => Accepted) => {
  const kept = new Map<string, Accepted>();
  return (header) => {
    if (!header || header === '*/*') return anything;
    let accepted = kept.get(header);
    if (!accepted) {
      if (kept.size >= keptMax) kept.clear();
      accepted = readAccept(header);
      kept.set(header, accepted);
    }
    return accepted;
  };
};

const readAccept = (header: string): Accepted => {
  const ranges = parseAccept(header)
    .map(({ type, q, params }) => ({ type: type.toLowerCase(), q, charset: charsetOf(params.charset) }))
    .filter(({ q, charset }) => q > 0 && charset === 'utf-8')
    .sort((a, b) => b.q - a.q);
  const matching = ranges.map(({ type }) => types.find((name) => name === typeOfRange(type)));
  return {
    preferred: matching.find((type) => type !== undefined) ?? null,
    events: matching.includes('text/event-stream'),
  };
};

const charsetOf = (name = 'utf-8'): string => name.replaceAll('"', '').toLowerCase();

/** A range stands for JSON: it names no type of GraphQL. */
const typeOfRange = (type: string): string => (type === '*/*' || type === 'application/*' ? 'application/json' : type);
