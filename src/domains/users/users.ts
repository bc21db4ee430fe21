import type { Tx } from '../../../db/store.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import { createDictionary, type Dictionary, type ReadonlyDictionary } from '../../indices/dictionary.ts';
import { growableUint8 } from '../../indices/growable.ts';
import { createVersions } from '../../indices/versions.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { idProblems, type RecordOrigin, type RecordOutcome } from '../../ledger/record.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';

/** Attributes of a user as a users file states them; null where it states none. */
export interface UserAttributes {
  readonly country: string | null;
  readonly gender: string | null;
}

export interface UserProfile extends UserAttributes {
  readonly userId: string;
}

export interface User extends UserProfile {
  /** Whether a users file names the user; other users are known from other records only. */
  readonly isListed: boolean;
}

/** One attribute as a column over attribute codes. */
export interface UserAttribute {
  /** The values; code 0 is `unknown`. */
  readonly names: Dictionary;
  /** The code of the value that belongs to a code of attributes. */
  readonly codeBy: (attributesCode: number) => number;
}

/** Every user that a record names. Sources are joined on `userId`; `codes` maps it to the dense number that indices use. */
export interface Users extends UserRegistry {
  /** Null for a user that no record names. */
  userOf(userId: string): User | null;
  /** Records the attributes of a user. They replace the previous ones; equal attributes are a duplicate. */
  record(tx: Tx, profile: UserProfile, origin: RecordOrigin): RecordOutcome;
  /** The attributes of a user as of a sequence number. */
  attributesAt(userId: string, sequence?: number): UserAttributes;
  /** The code of a user's attributes as of a sequence number; 0 when none are recorded. Equal attributes share a code. */
  attributesCodeAt(user: number, sequence?: number): number;
  /** The attributes of such a code, all null for 0. */
  attributesOf(code: number): UserAttributes;
  readonly countries: UserAttribute;
  readonly genders: UserAttribute;
  /** Calls `listener` with the code of each user whose attributes have changed. */
  onChange(listener: (user: number) => void): void;
}

/** User ids as dense codes, and whether a record names each user. */
interface UserRegistry {
  readonly codes: ReadonlyDictionary;
  /** The code of a user whom a ledger record names. Records are never removed: the user stays named. */
  addNamed(userId: string): number;
  /** The code of a user without naming them: whether they are named is up to the sources of `addNamingSource`. */
  addUnnamed(userId: string): number;
  /** Adds a source that may stop naming a user, such as user files, which can be removed. */
  addNamingSource(isNamed: (user: number) => boolean): void;
  /** Whether a record or a source names the user. */
  isNamed(user: number): boolean;
}

const createUserRegistry = (): UserRegistry => {
  const codes = createDictionary();
  /** 1 for users that a ledger record names. */
  const named = growableUint8();
  const sources: ((user: number) => boolean)[] = [];
  const addUnnamed = (userId: string): number => {
    const user = codes.intern(userId);
    while (named.length <= user) named.push(0);
    return user;
  };
  return {
    codes,
    addNamed(userId) {
      const user = addUnnamed(userId);
      named.set(user, 1);
      return user;
    },
    addUnnamed,
    addNamingSource: (isNamedBy) => void sources.push(isNamedBy),
    isNamed: (user) => named.values[user] === 1 || sources.some((isNamedBy) => isNamedBy(user)),
  };
};

const noAttributes: UserAttributes = { country: null, gender: null };

const createUserAttribute = (): UserAttribute & { push(value: string | null): void } => {
  const names = createDictionary();
  const codes = [names.intern(unknownLabel)];
  return {
    names,
    codeBy: (attributesCode) => codes[attributesCode] as number,
    push: (value) => void codes.push(names.intern(value ?? unknownLabel)),
  };
};

/** Combinations of attributes as dense codes from 0, so that a user's history holds one number a change. */
const createAttributeCodes = () => {
  const combinations = createDictionary();
  const attributes: UserAttributes[] = [noAttributes];
  const countries = createUserAttribute();
  const genders = createUserAttribute();
  // Code 0 belongs to users without recorded attributes and equals no recorded combination.
  combinations.intern('');
  return {
    countries,
    genders,
    intern({ country, gender }: UserAttributes): number {
      const code = combinations.intern(JSON.stringify([country, gender]));
      if (code === attributes.length) {
        attributes.push({ country, gender });
        countries.push(country);
        genders.push(gender);
      }
      return code;
    },
    attributesOf: (code: number): UserAttributes => attributes[code] ?? noAttributes,
  };
};

export const createUsers = (ledger: Ledger): Users => {
  const registry = createUserRegistry();
  const { codes, isNamed } = registry;
  const { countries, genders, intern, attributesOf } = createAttributeCodes();
  const versions = createVersions();
  const listeners: ((user: number) => void)[] = [];

  ledger.subscribe(userProfiles, ['seq', 'userId', 'country', 'gender'], {
    name: 'users',
    apply(rows) {
      for (const row of rows) {
        const user = registry.addNamed(row.userId);
        if (versions.add(user, row.seq, intern(row))) for (const listener of listeners) listener(user);
      }
    },
  });

  return {
    ...registry,
    userOf(userId) {
      const user = codes.codeOf(userId);
      if (user === undefined || !isNamed(user)) return null;
      const code = versions.valueAt(user);
      return { userId, ...attributesOf(code), isListed: code !== 0 };
    },
    record: recordProfile,
    attributesAt: (userId, sequence) => attributesOf(versions.valueAt(codes.codeOf(userId) ?? -1, sequence)),
    attributesCodeAt: versions.valueAt,
    attributesOf,
    countries,
    genders,
    onChange: (listener) => void listeners.push(listener),
  };
};

const recordProfile: Users['record'] = (tx, profile, origin) => {
  const { userId, country, gender } = profile;
  const problems = idProblems({
    userId,
    ...(country === null ? {} : { country }),
    ...(gender === null ? {} : { gender }),
  });
  if (problems.length > 0) return { kind: 'REJECTED', problems };
  const previous = tx.findLatest(userProfiles, { userId });
  if (previous && previous.country === country && previous.gender === gender) return { kind: 'DUPLICATE' };
  return { kind: 'CREATED', seq: tx.append(userProfiles, { ...profile, ...origin }) };
};
