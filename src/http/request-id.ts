import { randomBytes } from 'node:crypto';

/** Up to 128 visible ASCII characters, no spaces: nothing that could break a header or a line of a log. */
const wellFormed = /^[\x21-\x7e]{1,128}$/;

/** A random prefix for each process and a counter: cheap enough for every request, and unique across restarts. */
const processPrefix = randomBytes(6).toString('hex');
let count = 0;

/** The id of a request: the value of its `x-request-id` header if that is well-formed, otherwise a new id. */
export const requestIdOf = (header: string | null | undefined): string => {
  if (header && wellFormed.test(header)) return header;
  count++;
  return `${processPrefix}-${count.toString(36)}`;
};
