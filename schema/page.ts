import type { Config } from '../src/config.ts';
import { DomainError } from '../src/errors.ts';

interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** Which page is asked for, by place in the list's own order. */
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
  const placeOf = (cursor: string | null | undefined) => (cursor == null ? undefined : decodeCursor(cursor));
  return { limit: size, fromEnd: last !== undefined, after: placeOf(args.after), before: placeOf(args.before) };
};

/** A cursor is opaque to clients: base64url of whatever names the place. */
const encodeCursor = (place: string | number): string => Buffer.from(`@${place}`).toString('base64url');

const decodeCursor = (cursor: string): string => {
  const place = Buffer.from(cursor, 'base64url').toString();
  if (!place.startsWith('@')) throw new DomainError('BAD_REQUEST', `${cursor.slice(0, 80)} is not a cursor`);
  return place.slice(1);
};

/** The place of a cursor that is a number, such as a sequence number. */
export const numericCursor = (place: string | undefined): number | undefined => {
  if (place === undefined) return undefined;
  const number = Number(place);
  if (!Number.isSafeInteger(number)) throw new DomainError('BAD_REQUEST', 'the cursor is not one of this list');
  return number;
};

export interface Page<T> {
  readonly edges: { cursor: string; node: T }[];
  readonly pageInfo: {
    hasNextPage: boolean;
    hasPreviousPage: boolean;
    startCursor: string | null;
    endCursor: string | null;
  };
}

/** A Relay connection of items that are in order already. */
export const pageOf = <T>(
  items: readonly T[],
  placeOf: (item: T) => string | number,
  { hasBefore, hasAfter }: { readonly hasBefore: boolean; readonly hasAfter: boolean },
): Page<T> => {
  const edges = items.map((node) => ({ cursor: encodeCursor(placeOf(node)), node }));
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

/** `totalCount` of a page that carries it, as a number or as the way to find it when it is asked for. */
export const totalCountOf = (page: object): number => {
  const { totalCount } = page as { totalCount: number | (() => number) };
  return typeof totalCount === 'function' ? totalCount() : totalCount;
};
