/** Users in the order in which their events are judged: every event, or for each user the first of them. */
export interface JudgedUsers {
  readonly length: number;
  /** The index of the user at a position. */
  indexAt(position: number): number;
  /** Whether the figures may be looked at after a position: the next one has another time or batch. */
  isLookAt(position: number): boolean;
}
