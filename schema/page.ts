import type { Config } from '../src/config.ts';
import { DomainError } from '../src/errors.ts';

interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** Which page of a list is requested; `after` and `before` are positions in the list's own order. */
export interface PageSelection {
  readonly limit: number;
  readonly fromEnd: boolean;
  readonly after: string | undefined;
  readonly before: string | undefined;
}

/** Reads the arguments of a connection. Throws BAD_REQUEST or LIMIT_EXCEEDED naming the argument. */
export const selectPage = (args: PageArgs, { pageSizeDefault, pageSizeMax }: Config): PageSelection => {
  const [first, last] = [args.first ?? undefined, args.last ?? undefined];
  if (first !== undefined && last !== undefined)
    throw new DomainError('BAD_REQUEST', 'first and last exclude each other');
  const [name, size] = last === undefined ? ['first', first ?? pageSizeDefault] : ['last', last];
  if (size < 0) throw new DomainError('BAD_REQUEST', `${name} must not be negative`);
  if (size > pageSizeMax)
    throw new DomainError('LIMIT_EXCEEDED', `${name} must be at most ${pageSizeMax} (setting pageSizeMax)`);
  const positionOf = (cursor: string | null | undefined) => (cursor == null ? undefined : decodeCursor(cursor));
  return { limit: size, fromEnd: last !== undefined, after: positionOf(args.after), before: positionOf(args.before) };
};

/** A cursor is opaque to clients: base64url of the text or number that identifies a position in the list. */
const encodeCursor = (position: string | number): string => Buffer.from(`@${position}`).toString('base64url');

const decodeCursor = (cursor: string): string => {
  const decoded = Buffer.from(cursor, 'base64url').toString();
  if (!decoded.startsWith('@')) throw new DomainError('BAD_REQUEST', `${cursor.slice(0, 80)} is not a cursor`);
  return decoded.slice(1);
};

/** The position of a cursor in a list whose positions are numbers, such as sequence numbers. */
export const numericCursor = (position: string | undefined): number | undefined => {
  if (position === undefined) return undefined;
  const number = Number(position);
  if (!Number.isSafeInteger(number)) throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
  return number;
};

export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

/** The edges carry `EdgeExtra`: what is known of an item in this list only. */
export interface Page<T, EdgeExtra = object> {
  readonly edges: (Edge<T> & EdgeExtra)[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** A Relay connection of items that are already in order. */
export const pageOf = <T>(
  items: readonly T[],
  positionOf: (item: T) => string | number,
  { hasBefore, hasAfter }: { readonly hasBefore: boolean; readonly hasAfter: boolean },
): Page<T> => {
  const edges = items.map((node) => ({ cursor: encodeCursor(positionOf(node)), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: hasAfter,
      hasPreviousPage: hasBefore,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
};

/** A page that knows the length of its whole list, or how to find it when a client requests it. */
export interface Counted {
  readonly totalCount: number | (() => number);
}

export const totalCountOf = ({ totalCount }: Counted): number =>
  typeof totalCount === 'function' ? totalCount() : totalCount;
