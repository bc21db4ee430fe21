import { DomainError, statusOfCode } from '../errors.ts';

/** The answer to a failed request: the coded error of the contracts, or for a bug nothing but that there is one. */
export const errorResponse = (error: unknown): Response => {
  const known = error instanceof DomainError ? error : new DomainError('INTERNAL', 'internal error; see the log');
  const { code, message, problems, details } = known;
  const headers: Record<string, string> =
    typeof details.retryAfterMs === 'number' ? { 'retry-after': String(Math.ceil(details.retryAfterMs / 1000)) } : {};
  const body = { error: { code, message, ...(problems.length > 0 ? { problems } : {}) } };
  return Response.json(body, { status: statusOfCode(code), headers });
};
