/** The API key in the headers of a request; undefined without one. `x-api-key` wins over `authorization`. */
export const keyOf = (header: (name: string) => string | undefined): string | undefined => {
  const plain = header('x-api-key')?.trim();
  if (plain) return plain;
  const [, token] = /^Bearer +(\S+) *$/i.exec(header('authorization') ?? '') ?? [];
  return token;
};

/** The header of every response with status 401 (RFC 9110, section 11.6.1). */
export const challenge = { 'www-authenticate': 'Bearer realm="asof"' } as const;
