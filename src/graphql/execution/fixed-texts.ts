import type { GraphQLField, GraphQLObjectType } from 'graphql';

/** Texts kept: those of some large pages, about 10 MB. */
const slotCount = 2 ** 15;

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

/** The texts of fixed objects. A text is found again only for the same selection, state and object, by identity. */
export class FixedTexts {
  readonly #entries: (Entry | undefined)[] = [];
  #selections = 0;

  /** A new selection of objects of a type. */
  select(keyOf: FixedSelection['keyOf']): FixedSelection {
    this.#selections += 1;
    return { id: this.#selections, keyOf };
  }

  find(selection: FixedSelection, source: unknown, state: number): string | undefined {
    const entry = this.#entries[slotOf(selection, source)];
    return entry?.source === source && entry?.selection === selection && entry.state === state ? entry.text : undefined;
  }

  remember(entry: Entry): void {
    this.#entries[slotOf(entry.selection, entry.source)] = entry;
  }
}

/** Objects with neighbouring keys, as on a page, lie in neighbouring slots. */
const slotOf = ({ id, keyOf }: FixedSelection, source: unknown): number =>
  (Math.imul(id, 0x9e3779b1) + keyOf(source)) & (slotCount - 1);
