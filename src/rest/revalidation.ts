import type { FurtherResponse, RequestHeader } from './route.ts';

/** The header of a client that may have the answer already. */
export const ifNoneMatch: RequestHeader = {
  name: 'if-none-match',
  description: 'The `etag` of an answer that the client has.',
  example: '"none"',
};

/** The answer to such a client. */
export const notModified: FurtherResponse = { status: 304, description: 'The client has this answer already.' };
