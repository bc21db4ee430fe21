import type { Tx } from '../../../db/store.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import { createDictionary, type Dictionary } from '../../indices/dictionary.ts';
import { growableUint8 } from '../../indices/growable.ts';
import { createVersions } from '../../indices/versions.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { idProblems, type RecordOrigin, type RecordOutcome } from '../../ledger/record.ts';

/** What sources say of a user; null where they say nothing. */
export interface UserAttributes {
  readonly country: string | null;
  readonly gender: string | null;
}

export interface UserProfile extends UserAttributes {
  readonly userId: string;
}

export interface User extends UserProfile {
  /** Whether a users file names them; others are known by their records only. */
  readonly isListed: boolean;
}

/** One attribute as a way to tell users apart. */
export interface Attribute {
  /** Its values; code 0 is `unknown`. */
  readonly names: Dictionary;
  /** The value's code by the code of the attributes it is one of. */
  readonly codeBy: (attributesCode: number) => number;
}

/** Everyone a record speaks of. Sources meet on `userId`; `codes` gives each user the dense number the indices use. */
export interface Users {
  readonly codes: Dictionary;
  /** The code of a user of whom a source may take back what it says: `namedAlsoBy` tells whether it stands. */
  introduce(userId: string): number;
  /** Adds a source whose word can be taken back. */
  namedAlsoBy(isNamed: (user: number) => boolean): void;
  /** Whether a record names a user. */
  isNamed(user: number): boolean;
  /** Null for a user no record names. */
  userOf(userId: string): User | null;
  /** Records what a source says of a user. It replaces what was said before; the same again is a duplicate. */
  record(tx: Tx, profile: UserProfile, origin: RecordOrigin): RecordOutcome;
  /** What was said of a user up to a sequence number. */
  attributesAt(userId: string, sequence?: number): UserAttributes;
  /** A code for what was said of a user up to a sequence number; 0 when nothing was. Equal attributes share a code. */
  attributesCodeAt(user: number, sequence?: number): number;
  /** The attributes of such a code, all null for 0. */
  attributesOf(code: number): UserAttributes;
  readonly countries: Attribute;
  readonly genders: Attribute;
  /** Calls back with the code of each user of whom something else is said than before. */
  onChange(listener: (user: number) => void): void;
  readonly byteLength: number;
}

const unlisted: UserAttributes = { country: null, gender: null };

const createAttribute = (): Attribute & { push(value: string | null): void } => {
  const names = createDictionary();
  const codes = [names.intern('unknown')];
  return {
    names,
    codeBy: (attributesCode) => codes[attributesCode] as number,
    push: (value) => void codes.push(names.intern(value ?? 'unknown')),
  };
};

export const createUsers = (ledger: Ledger): Users => {
  const known = createDictionary();
  /** 1 for those whom a record names that nobody takes back. */
  const named = growableUint8();
  const sources: ((user: number) => boolean)[] = [];
  const introduce = (userId: string): number => {
    const user = known.intern(userId);
    while (named.length <= user) named.push(0);
    return user;
  };
  const codes: Dictionary = {
    get size() {
      return known.size;
    },
    codeOf: known.codeOf,
    textOf: known.textOf,
    intern(userId) {
      const user = introduce(userId);
      named.set(user, 1);
      return user;
    },
  };
  const isNamed = (user: number): boolean => named.values[user] === 1 || sources.some((isNamedBy) => isNamedBy(user));
  const versions = createVersions();
  const combinations = createDictionary();
  const attributes: UserAttributes[] = [unlisted];
  const countries = createAttribute();
  const genders = createAttribute();
  // Code 0 is of users that no source has named, and unlike any combination that one may name.
  combinations.intern('');
  const listeners: ((user: number) => void)[] = [];

  ledger.subscribe(userProfiles, ['seq', 'userId', 'country', 'gender'], {
    apply(rows) {
      for (const { seq, userId, country, gender } of rows) {
        const user = codes.intern(userId);
        const code = combinations.intern(JSON.stringify([country, gender]));
        if (code === attributes.length) {
          attributes.push({ country, gender });
          countries.push(country);
          genders.push(gender);
        }
        if (versions.add(user, seq, code)) for (const listener of listeners) listener(user);
      }
    },
  });

  return {
    codes,
    introduce,
    namedAlsoBy: (isNamedBy) => void sources.push(isNamedBy),
    isNamed,
    userOf(userId) {
      const user = codes.codeOf(userId);
      if (user === undefined || !isNamed(user)) return null;
      const code = versions.valueAt(user);
      return { userId, ...(attributes[code] as UserAttributes), isListed: code !== 0 };
    },
    record(tx, profile, origin) {
      const { userId, country, gender } = profile;
      const problems = idProblems({
        userId,
        ...(country === null ? {} : { country }),
        ...(gender === null ? {} : { gender }),
      });
      if (problems.length > 0) return { kind: 'REJECTED', problems };
      const before = tx.findLatest(userProfiles, { userId });
      if (before && before.country === country && before.gender === gender) return { kind: 'DUPLICATE' };
      return { kind: 'CREATED', seq: tx.append(userProfiles, { ...profile, ...origin }) };
    },
    attributesAt: (userId, sequence) => attributes[versions.valueAt(codes.codeOf(userId) ?? -1, sequence)] ?? unlisted,
    attributesCodeAt: versions.valueAt,
    attributesOf: (code) => attributes[code] ?? unlisted,
    countries,
    genders,
    onChange: (listener) => void listeners.push(listener),
    get byteLength() {
      return versions.byteLength;
    },
  };
};
