/**
 * What decides on the joined dimensions of facts, for engines that keep facts outside of this process and join them there.
 * Status changes and attributes of users are in the ledger as they are used; the rest is interpreted by its domain.
 */
export interface FactKnowledge {
  /** The `seq` of the record that put the table of addresses in force that counts as of a sequence number; 0 for none. */
  addressTableAt(sequence: number): number;
  /** The cities of addresses, as canonical texts, by the table that counts as of a sequence number. */
  citiesOf(addresses: readonly string[], sequence: number): Promise<readonly string[]>;
  /** The rules by which events that name no experiment belong to one, as of a sequence number. */
  assignmentRulesAt(sequence: number): AssignmentRules;
  /** A number for the batch in which an event arrived: an import, or a request with many events; 0 for its transaction alone. */
  batchOf(event: {
    readonly importId: number | null;
    readonly requestId: number | null;
    readonly recordedAtUs: number;
  }): number;
  /** The changes to user files of the records after one sequence number, and up to another. */
  fileChangesBetween(after: number, upTo: number): FileChanges;
}

/** A condition on events and the experiment to which it assigns them. */
export interface AssignmentRule {
  /** Half-open, in microseconds; null without bound. */
  readonly fromUs: number | null;
  readonly toUs: number | null;
  /** Null for any variant. */
  readonly variants: readonly string[] | null;
  readonly experiment: string;
}

export interface AssignmentRules {
  /** The first one that an event fits decides. */
  readonly rules: readonly AssignmentRule[];
  /** The experiment of events that fit none. */
  readonly otherwise: string;
}

export interface FileChanges {
  readonly births: readonly BirthChange[];
  readonly images: readonly ImageChange[];
}

interface BirthChange {
  readonly userId: string;
  readonly seq: number;
  /**
   * The days since 1970-01-01 on which the user enters each band of ages, ascending, the first one that of the birth; empty
   * when the birth is unknown from now on.
   */
  readonly bandDays: readonly number[];
}

interface ImageChange {
  readonly userId: string;
  readonly seq: number;
  readonly hasImage: boolean;
}
