import type { DomainError } from '../src/errors.ts';

/** Objects of a list, some of them errors, for a list whose items are nullable: GraphQL throws each at the path of its item. */
export const withErrors = <T>(items: readonly (T | DomainError)[]): T[] => items as T[];
