/** The key that a request carries, by a reader of its headers; undefined for none. `x-api-key` wins. */
export const keyOf = (header: (name: string) => string | undefined): string | undefined => {
  const plain = header('x-api-key')?.trim();
  if (plain) return plain;
  const [, token] = /^Bearer +(\S+) *$/i.exec(header('authorization') ?? '') ?? [];
  return token;
};

/** What goes with status 401 (RFC 9110, 11.6.1). */
export const challenge = { 'www-authenticate': 'Bearer realm="asof"' } as const;
