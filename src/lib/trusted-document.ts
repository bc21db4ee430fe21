/** An operation of a trusted document, as administrators see it. */
export interface DocumentDescription {
  /** The id that names it first, and all others by which clients may run it. */
  readonly id: string;
  readonly ids: readonly string[];
  /** Null for the only operation of a document without a name. */
  readonly name: string | null;
  readonly description: string | null;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly variables: readonly DocumentVariable[];
  /** The path and query by which GET runs it with its defaults; null for a mutation. */
  readonly path: string | null;
  /** The file that it is in, and its line from 1. */
  readonly file: string;
  readonly line: number;
  readonly text: string;
  /** Why the schema does not accept its document; empty for one that it accepts. */
  readonly problems: readonly string[];
}

export interface DocumentVariable {
  readonly name: string;
  /** As GraphQL writes it, such as `[UUID!]!`. */
  readonly type: string;
  /** As GraphQL writes it; null without one. */
  readonly defaultValue: string | null;
}
