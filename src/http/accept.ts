import { parseAccept } from 'hono/utils/accept';

const isRange = (type: string): boolean => type.endsWith('/*') && type !== '*/*';

/**
 * The media type that an Accept header prefers among those supported (RFC 9110, section 12.5.1); the first one supported
 * when the header is absent or names none. A range such as `text/*` stands for the types that it does not name itself.
 */
export const preferredType = <T extends string>(
  accept: string | undefined,
  supported: readonly [T, ...(readonly T[])],
): T => {
  if (!accept) return supported[0];
  const ranges = parseAccept(accept).map(({ type, q }) => ({ type: type.toLowerCase(), q }));
  const named = new Set(ranges.map(({ type }) => type));
  const byPreference = ranges
    .filter(({ q }) => q > 0)
    .sort((a, b) => b.q - a.q || Number(isRange(a.type)) - Number(isRange(b.type)));
  for (const { type } of byPreference) {
    const match = supported.find((candidate) =>
      isRange(type) ? candidate.startsWith(type.slice(0, -1)) && !named.has(candidate) : candidate === type,
    );
    if (match) return match;
  }
  return supported[0];
};
