/** Two versions of a dataset, by their ids. */
export interface Compared {
  readonly name: string;
  readonly from: string;
  readonly to: string;
}

/** Rows of a difference that are asked for at once. */
export const changesPerPage = 500;
