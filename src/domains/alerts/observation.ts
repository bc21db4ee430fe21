import type { Figures } from './message.ts';

/** What a rule watches, at one moment. */
export interface Observation {
  readonly subject: string;
  readonly isBroken: boolean;
  /** One sentence with figures. */
  readonly sentence: string;
  readonly figures: Figures;
  /** A GraphQL query that shows more. */
  readonly query: string;
  /** The last record that was judged: a later state is not replaced by an earlier one. */
  readonly judgedSeq: number;
}

/** A text as a literal of GraphQL. */
export const literal = (text: string): string => JSON.stringify(text);
