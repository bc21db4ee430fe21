/** The header of a client that may have the answer already. */
export const ifNoneMatch = {
  name: 'if-none-match',
  description: 'The `etag` of an answer that the client has.',
  example: '"none"',
} as const;

/** The answer to such a client. */
export const notModified = { status: 304, description: 'The client has this answer already.' } as const;
