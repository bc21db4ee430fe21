import type { Tx } from '../../../db/store.ts';
import { userProfiles } from '../../../db/tables/users.ts';
import { createDictionary, type Dictionary, type ReadonlyDictionary } from '../../indices/dictionary.ts';
import { noSeq } from '../../indices/seq-array.ts';
import { SeqColumn } from '../../indices/seq-column.ts';
import type { HasState, StateColumns } from '../../indices/state-columns.ts';
import { createVersions, type Versions } from '../../indices/versions.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import { idProblems, type RecordOrigin, type RecordOutcome } from '../../ledger/record.ts';
import type { TextColumn } from '../../lib/text-column.ts';
import { unknownLabel } from '../../lib/unknown-label.ts';

/** Attributes of a user as a users file states them; null where it states none. */
export interface UserAttributes {
  readonly country: string | null;
  readonly gender: string | null;
}

export interface UserProfile extends UserAttributes {
  readonly userId: string;
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
  /** A user as of a sequence number, by default the newest; null for a user that no record up to it names. */
  userOf(userId: string, sequence?: number): UserProfile | null;
  /** Records the attributes of a user. They replace the previous ones; equal attributes are a duplicate. */
  record(tx: Tx, profile: UserProfile, origin: RecordOrigin): RecordOutcome;
  /** The attributes of a user as of a sequence number. */
  attributesAt(userId: string, sequence?: number): UserAttributes;
  /** The code of a user's attributes as of a sequence number; 0 when none are recorded. Equal attributes share a code. */
  attributesCodeAt(user: number, sequence?: number): number;
  /** The same for many users. */
  attributesCodesAt: Versions['valuesAt'];
  /** The attributes of such a code, all null for 0. */
  attributesOf(code: number): UserAttributes;
  readonly countries: UserAttribute;
  readonly genders: UserAttribute;
  /** Calls `listener` with the code of each user whose attributes have changed. */
  onChange(listener: (user: number) => void): void;
}

/** User ids as dense codes, and from which record on each user is named. */
interface UserRegistry {
  readonly codes: ReadonlyDictionary;
  /**
   * The code of a user whom the ledger record `seq` names; records may come in any order. They are never removed: the user
   * stays named.
   */
  addNamed(userId: string, seq: number): number;
  /** The same for the users of records, in their order. */
  addAllNamed(userIds: TextColumn, seqs: Float64Array): Int32Array;
  /** The code of a user without naming them: whether they are named is up to the sources of `addNamingSource`. */
  addUnnamed(userId: string): number;
  /** Adds a source that may stop naming a user, such as user files, which can be removed. */
  addNamingSource(isNamed: (user: number, sequence?: number) => boolean): void;
  /** Whether a record up to a sequence number, or a source as of it, names the user; by default the newest. */
  isNamed(user: number, sequence?: number): boolean;
}

const createUserRegistry = (): UserRegistry & HasState & { readonly byteLength: number } => {
  const codes = createDictionary();
  /** The first ledger record that names each user, `noSeq` for none. */
  const namedSince = new SeqColumn();
  const sources: ((user: number, sequence?: number) => boolean)[] = [];
  const addUnnamed = (userId: string): number => {
    const user = codes.intern(userId);
    while (namedSince.length <= user) namedSince.push(noSeq);
    return user;
  };
  return {
    codes,
    addNamed(userId, seq) {
      const user = addUnnamed(userId);
      if (seq < namedSince.at(user)) namedSince.set(user, seq);
      return user;
    },
    addAllNamed(userIds, seqs) {
      const users = codes.internAll(userIds);
      while (namedSince.length < codes.size) namedSince.push(noSeq);
      for (let index = 0; index < users.length; index++) {
        const [user, seq] = [users[index] as number, seqs[index] as number];
        if (seq < namedSince.at(user)) namedSince.set(user, seq);
      }
      return users;
    },
    addUnnamed,
    addNamingSource: (isNamedBy) => void sources.push(isNamedBy),
    isNamed: (user, sequence = Number.MAX_SAFE_INTEGER) =>
      namedSince.at(user) <= sequence || sources.some((isNamedBy) => isNamedBy(user, sequence)),
    exchange(columns) {
      codes.exchange(columns.within('ids'));
      namedSince.exchange(columns, 'namedSince', true);
    },
    get byteLength() {
      return codes.byteLength + namedSince.byteLength;
    },
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
  const intern = ({ country, gender }: UserAttributes): number => {
    const code = combinations.intern(JSON.stringify([country, gender]));
    if (code === attributes.length) {
      attributes.push({ country, gender });
      countries.push(country);
      genders.push(gender);
    }
    return code;
  };
  return {
    countries,
    genders,
    intern,
    attributesOf: (code: number): UserAttributes => attributes[code] ?? noAttributes,
    exchange(columns: StateColumns): void {
      for (const each of columns.value('attributes', attributes.slice(1)) ?? []) intern(each);
    },
  };
};

export const createUsers = (ledger: Ledger): Users => {
  const registry = createUserRegistry();
  const { codes, isNamed, addNamed, addAllNamed, addUnnamed, addNamingSource } = registry;
  const { countries, genders, intern, attributesOf, exchange: exchangeAttributes } = createAttributeCodes();
  const versions = createVersions();
  const listeners: ((user: number) => void)[] = [];

  ledger.subscribe(userProfiles, ['seq', 'userId', 'country', 'gender'], {
    name: 'users',
    apply(records) {
      for (const row of records.rows()) {
        const user = addNamed(row.userId, row.seq);
        if (versions.add(user, row.seq, intern(row))) for (const listener of listeners) listener(user);
      }
    },
    exchange(columns) {
      registry.exchange(columns);
      exchangeAttributes(columns);
      versions.exchange(columns.within('versions'));
    },
    size: () => ({ entries: codes.size, bytes: registry.byteLength + versions.byteLength }),
  });

  return {
    ...{ codes, isNamed, addNamed, addAllNamed, addUnnamed, addNamingSource },
    userOf(userId, sequence) {
      const user = codes.codeOf(userId);
      if (user === undefined || !isNamed(user, sequence)) return null;
      return { userId, ...attributesOf(versions.valueAt(user, sequence)) };
    },
    record: recordProfile,
    attributesAt: (userId, sequence) => attributesOf(versions.valueAt(codes.codeOf(userId) ?? -1, sequence)),
    attributesCodeAt: versions.valueAt,
    attributesCodesAt: versions.valuesAt,
    attributesOf,
    countries,
    genders,
    onChange: (listener) => void listeners.push(listener),
  };
};

export const recordProfile: Users['record'] = (tx, profile, origin) => {
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
