import type { GraphQLField, GraphQLObjectType } from 'graphql';
import { LRUCache } from 'lru-cache';
import { EntrySets } from '../../lib/entry-sets.ts';

/** Texts of objects kept: those of some large pages, about 10 MB. */
const textsMax = 2 ** 15;

/** Characters of the texts of lists kept; the texts of the objects in them are not enough to write them again at no cost. */
const listLengthMax = 8_000_000;

/**
 * Which objects may be written once for several answers. A fixed field depends on nothing but its object, its arguments and the
 * state; an object whose selected fields are all fixed has the same text while the state is the same.
 */
export interface FixedObjects {
  /** The state that a request is answered by, such as the sequence number of the ledger. */
  stateOf(contextValue: unknown): number;
  /** A whole number for an object of a type, which spreads objects over the memory; null for types that are not remembered. */
  keyOf(type: GraphQLObjectType): ((object: unknown) => number) | null;
  isFixed(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean;
}

/** The fields of a fixed object, as one operation selects them. */
export interface FixedSelection {
  readonly id: number;
  readonly keyOf: (object: unknown) => number;
}

interface Entry {
  readonly selection: FixedSelection;
  readonly source: unknown;
  readonly state: number;
  readonly text: string;
}

interface ListEntry {
  readonly state: number;
  readonly text: string;
}

/**
 * The texts of fixed objects, and of frozen lists of them. A text is found again only for the same selection, state and
 * object or list, by identity.
 */
export class FixedTexts {
  readonly #entries = new EntrySets<Entry>(textsMax);
  readonly #lists = new LRUCache<string, ListEntry>({
    maxSize: listLengthMax,
    sizeCalculation: ({ text }) => text.length,
  });
  readonly #listIds = new WeakMap<object, number>();
  #listCount = 0;
  #selections = 0;

  /** A new selection of objects of a type. */
  select(keyOf: FixedSelection['keyOf']): FixedSelection {
    this.#selections += 1;
    return { id: this.#selections, keyOf };
  }

  find(selection: FixedSelection, source: unknown, state: number): string | undefined {
    const start = this.#entries.startOf(keyOf(selection, source));
    const end = this.#entries.endOf(start);
    for (let index = start; index < end; index++) {
      const entry = this.#entries.at(index);
      if (entry?.source === source && entry?.selection === selection && entry.state === state) return entry.text;
    }
    return undefined;
  }

  remember(entry: Entry): void {
    this.#entries.add(keyOf(entry.selection, entry.source), entry);
  }

  findList(selection: FixedSelection, list: object, state: number): string | undefined {
    const id = this.#listIds.get(list);
    const entry = id === undefined ? undefined : this.#lists.get(listKeyOf(selection, id));
    return entry?.state === state ? entry.text : undefined;
  }

  rememberList(selection: FixedSelection, list: object, entry: ListEntry): void {
    let id = this.#listIds.get(list);
    if (id === undefined) {
      this.#listCount += 1;
      id = this.#listCount;
      this.#listIds.set(list, id);
    }
    this.#lists.set(listKeyOf(selection, id), entry);
  }
}

/** Objects with neighbouring keys, as on a page, lie in neighbouring sets. */
const keyOf = (selection: FixedSelection, source: unknown): number =>
  Math.imul(selection.id, 0x9e3779b1) + selection.keyOf(source);

const listKeyOf = ({ id }: FixedSelection, listId: number): string => `${id} ${listId}`;
