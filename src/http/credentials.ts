/** The API key in the headers of a request; undefined without one. `x-api-key` wins over `authorization`. */
export const keyOf = (header: (name: string) => string | undefined): string | undefined => {
  const plain = header('x-api-key')?.trim();
  if (plain) return plain;
  const authorization = header('authorization');
  return authorization === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
};

/** The header of every response with status 401 (RFC 9110, section 11.6.1). */
export const challenge = { 'www-authenticate': 'Bearer realm="asof"' } as const;
