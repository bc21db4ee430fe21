import { faultAnswer, toResponse } from './answer.ts';

/** The answer to a failed request as a Response. */
export const errorResponse = (error: unknown): Response => toResponse(faultAnswer(error));
