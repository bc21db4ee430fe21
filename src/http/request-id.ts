import { randomBytes } from 'node:crypto';

/**
 * Up to 64 letters, digits, `_` and `-`, as UUIDs and trace ids have: it is logged, so that no address of a person or of a
 * machine and no API key may be one.
 */
const wellFormed = /^(?!asof_)[\w-]{1,64}$/;

/** A random prefix for each process and a counter: cheap enough for every request, and unique across restarts. */
const processPrefix = randomBytes(6).toString('hex');
let count = 0;

/** The id of a request: the value of its `x-request-id` header if that is well-formed, otherwise a new id. */
export const requestIdOf = (header: string | null | undefined): string => {
  if (header && wellFormed.test(header)) return header;
  count++;
  return `${processPrefix}-${count.toString(36)}`;
};
