import { createDictionary, type Dictionary } from '../indices/dictionary.ts';

export interface User {
  readonly userId: string;
}

/** Everyone a record speaks of. Sources meet on `userId`; `codes` gives each user the dense number the indices use. */
export interface Users {
  readonly codes: Dictionary;
  /** Null for a user no record has named. */
  userOf(userId: string): User | null;
}

export const createUsers = (): Users => {
  const codes = createDictionary();
  return { codes, userOf: (userId) => (codes.codeOf(userId) === undefined ? null : { userId }) };
};
