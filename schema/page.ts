import { createHash } from 'node:crypto';
import type { Config } from '../src/config.ts';
import { DomainError } from '../src/errors.ts';

interface PageArgs {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
  readonly last?: number | null | undefined;
  readonly before?: string | null | undefined;
}

/** A list that has cursors. */
interface List {
  /** The coordinate of its field in the schema, such as `User.transactions`. */
  readonly field: string;
  /** What identifies the object whose field it is; undefined for fields of Query. */
  readonly parent?: string | number | undefined;
  /** The number of items without `first` and `last`; default: the setting pageSizeDefault. */
  readonly pageSize?: number | undefined;
}

/** Which page of a list is requested; `after` and `before` are positions in the list's own order. */
export interface PageSelection {
  readonly limit: number;
  readonly fromEnd: boolean;
  readonly after: string | undefined;
  readonly before: string | undefined;
  /**
   * The sequence number at which the walk began that this page continues: the list, its order and its counts are those of
   * then. Undefined for the first page, and in lists without history.
   */
  readonly sequence: number | undefined;
  readonly cursors: ListCursors;
}

/** Reads the arguments of a connection. Throws BAD_REQUEST or LIMIT_EXCEEDED naming the argument. */
export const selectPage = (list: List, args: PageArgs, config: Config): PageSelection => {
  const [first, last] = [args.first ?? undefined, args.last ?? undefined];
  if (first !== undefined && last !== undefined)
    throw new DomainError('BAD_REQUEST', 'first and last exclude each other');
  const size = Math.min(list.pageSize ?? config.pageSizeDefault, config.pageSizeMax);
  const limit = last === undefined ? limitOf('first', first ?? size, config) : limitOf('last', last, config);
  const cursors = new ListCursors(identityOf(list, args));
  const after = args.after == null ? undefined : cursors.decode('after', args.after);
  const before = args.before == null ? undefined : cursors.decode('before', args.before);
  if (after && before && after.sequence !== before.sequence)
    throw new DomainError(
      'BAD_REQUEST',
      'after and before are cursors of two states of the list: use those of one walk',
    );
  return {
    ...{ limit, fromEnd: last !== undefined, after: after?.position, before: before?.position, cursors },
    sequence: (after ?? before)?.sequence,
  };
};

/** A number of items, checked against the setting pageSizeMax. */
export const limitOf = (
  name: 'first' | 'last' | 'addresses' | 'userIds',
  size: number,
  { pageSizeMax }: Pick<Config, 'pageSizeMax'>,
): number => {
  if (size < 0) throw new DomainError('BAD_REQUEST', `${name} must not be negative`);
  if (size <= pageSizeMax) return size;
  throw new DomainError('LIMIT_EXCEEDED', `${name} must be at most ${pageSizeMax} (setting pageSizeMax)`);
};

/** Two pages with the same identity are parts of one list: the same field of the same object with the same arguments. */
const identityOf = (
  { field, parent }: List,
  { first: _1, after: _2, last: _3, before: _4, ...args }: PageArgs,
): string =>
  JSON.stringify([field, parent, args], (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : (value ?? undefined),
  );

interface Cursor {
  readonly position: string;
  readonly sequence: number | undefined;
}

const digestLength = 10;
const cursorForm = /^([\w-]{10})\.(0|[1-9]\d{0,15})?\.(.+)$/s;

/**
 * The cursors of a list, opaque to clients: base64url of a digest of the list's identity, the sequence number at which the
 * walk began, and a position in the list. With them a page belongs to one state of one list.
 */
export class ListCursors {
  readonly identity: string;
  readonly #sequence: number | undefined;
  #prefix: string | undefined;

  constructor(identity: string, sequence?: number) {
    this.identity = identity;
    this.#sequence = sequence;
  }

  /** The cursors of a walk that is at a sequence number. */
  at(sequence: number): ListCursors {
    return new ListCursors(this.identity, sequence);
  }

  encode(position: string | number): string {
    this.#prefix ??= `${this.#digest()}.${this.#sequence ?? ''}.`;
    return Buffer.from(this.#prefix + position).toString('base64url');
  }

  /** Throws BAD_REQUEST for a text that is no cursor, and for the cursor of another list. */
  decode(argument: 'after' | 'before', cursor: string): Cursor {
    const decoded = Buffer.from(cursor, 'base64url');
    const [, digest, sequence, position] = cursorForm.exec(decoded.toString()) ?? [];
    if (position === undefined || decoded.toString('base64url') !== cursor)
      throw new DomainError(
        'BAD_REQUEST',
        `${argument} is not a cursor: use a cursor of an edge, or startCursor or endCursor, of this list`,
      );
    if (digest !== this.#digest())
      throw new DomainError(
        'BAD_REQUEST',
        `${argument} is a cursor of another list: it belongs to one field of one object with the same arguments; only first, after, last and before may change from page to page`,
      );
    return { position, sequence: sequence === undefined ? undefined : Number(sequence) };
  }

  #digest(): string {
    return createHash('sha256').update(this.identity).digest('base64url').slice(0, digestLength);
  }
}

/** The position of a cursor in a list whose positions are numbers, such as sequence numbers. */
export const numericCursor = (position: string | undefined): number | undefined => {
  if (position === undefined) return undefined;
  const number = Number(position);
  if (!/^\d+$/.test(position) || !Number.isSafeInteger(number))
    throw new DomainError('BAD_REQUEST', 'the cursor does not belong to this list');
  return number;
};

export interface Edge<T> {
  readonly cursor: string;
  readonly node: T;
}

/** The edges carry `EdgeExtra`: what is known of an item in this list only. */
export interface Page<T, EdgeExtra = object> {
  readonly nodes: readonly T[];
  /** Creates the edges, which few clients request. */
  readonly edgesOf: () => (Edge<T> & EdgeExtra)[];
  readonly pageInfo: PageInfo;
}

interface PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly startCursor: string | null;
  readonly endCursor: string | null;
}

/** Writes its cursor only when it is requested. A class, because getters of literals would make a hidden class each. */
class ListEdge<T> implements Edge<T> {
  readonly node: T;
  readonly #cursors: ListCursors;
  readonly #position: string | number;

  constructor(node: T, cursors: ListCursors, position: string | number) {
    this.node = node;
    this.#cursors = cursors;
    this.#position = position;
  }

  get cursor(): string {
    return this.#cursors.encode(this.#position);
  }
}

/** The ends of a page; see `ListEdge`. */
class ListPageInfo implements PageInfo {
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly #count: number;
  readonly #cursorAt: (index: number) => string;

  constructor(count: number, cursorAt: (index: number) => string, { hasBefore, hasAfter }: Sides) {
    this.#count = count;
    this.#cursorAt = cursorAt;
    this.hasNextPage = hasAfter;
    this.hasPreviousPage = hasBefore;
  }

  get startCursor(): string | null {
    return this.#count === 0 ? null : this.#cursorAt(0);
  }

  get endCursor(): string | null {
    return this.#count === 0 ? null : this.#cursorAt(this.#count - 1);
  }
}

/** Whether a list has items before and after a page. */
interface Sides {
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

interface PageOptions<EdgeExtra> extends Sides {
  readonly cursors: ListCursors;
  /** What every edge carries. */
  readonly edge?: EdgeExtra | undefined;
}

/** A Relay connection of items that are already in order. */
export const pageOf = <T, EdgeExtra extends object = object>(
  items: readonly T[],
  positionOf: (item: T, index: number) => string | number,
  { cursors, edge, ...sides }: PageOptions<EdgeExtra>,
): Page<T, EdgeExtra> => {
  const cursorAt = (index: number): string => cursors.encode(positionOf(items[index] as T, index));
  return {
    nodes: items,
    edgesOf: () =>
      items.map((node, index) =>
        Object.assign(new ListEdge(node, cursors, positionOf(node, index)), edge as EdgeExtra),
      ),
    pageInfo: new ListPageInfo(items.length, cursorAt, sides),
  };
};

/** The part of a list of `count` items that a page selects, by the indices of its cursors. */
export const sliceOf = ({ limit, fromEnd, after, before }: PageSelection, count: number): Sides & Slice => {
  const from = Math.min(count, (numericCursor(after) ?? -1) + 1);
  const to = Math.min(count, numericCursor(before) ?? count);
  const start = fromEnd ? Math.max(from, to - limit) : from;
  const end = Math.max(start, fromEnd ? to : Math.min(to, from + limit));
  return { start, end, hasBefore: start > 0, hasAfter: end < count };
};

interface Slice {
  readonly start: number;
  readonly end: number;
}

/** A page that knows the length of its whole list, or how to find it when a client requests it. */
export interface Counted {
  readonly totalCount: number | (() => number | Promise<number>);
}

export const totalCountOf = ({ totalCount }: Counted): number | Promise<number> =>
  typeof totalCount === 'function' ? totalCount() : totalCount;
