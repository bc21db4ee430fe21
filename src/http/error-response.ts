import { errorResponseOf, toResponse } from './response.ts';

/** The answer to a failed request as a Response. */
export const errorResponse = (error: unknown): Response => toResponse(errorResponseOf(error));
