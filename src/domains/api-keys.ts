import { setMaxListeners } from 'node:events';
import type { Row, Store } from '../../db/store.ts';
import { apiKeys } from '../../db/tables/api-keys.ts';
import { DomainError } from '../errors.ts';
import { digestOfKey, newApiKey, type Scope, type ScopedDigest } from '../lib/api-key.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { preview } from '../lib/problems.ts';

export type ApiKey = Omit<Row<typeof apiKeys>, 'digest'>;

/** The caller of a request. */
export interface Principal {
  /** The name of its key; null for a caller that needs none. */
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  /** Aborted when the caller loses access. */
  readonly ended: AbortSignal;
}

export interface ApiKeys {
  /** False while there never was a key, on a server that only its own machine can reach. */
  readonly areNeeded: boolean;
  /** The caller with this key, or without one; null for a caller that has no access. */
  callerOf(key: string | undefined): Principal | null;
  /**
   * Returns the caller when it has one of these scopes. Throws UNAUTHENTICATED for a caller without access, and
   * NOT_ALLOWED for one with other scopes.
   */
  admit(caller: Principal | null, needed: readonly Scope[]): Principal;
  /**
   * Creates a key and returns it, this once. Throws CONFLICT when a key has the name, also a revoked one, and BAD_REQUEST
   * for a name that cannot be used and for a key without scopes.
   */
  add(name: string, scopes: readonly Scope[]): Promise<string>;
  /**
   * Refuses callers with this key from now on. Throws NOT_FOUND; a repeat changes nothing. Throws CONFLICT when no key, or no
   * key of scope admin, would be left, unless `evenIfLast`.
   */
  revoke(name: string, options?: { readonly evenIfLast?: boolean | undefined }): Promise<ApiKey>;
  /** A key that was added, also one that was revoked. Throws NOT_FOUND. */
  get(name: string): ApiKey;
  /** All keys that were added, the oldest first. */
  list(): ApiKey[];
  /** Reads the keys again, because another process may have changed them. */
  refresh(): void;
}

interface Settings {
  /** Where the server listens. */
  readonly host: string;
  /** Keys that are not in the store. */
  readonly apiKeys: readonly ScopedDigest[];
}

const keysMax = 10_000;

export const createApiKeys = (store: Store, { host, apiKeys: configured }: Settings): ApiKeys => {
  const principals = new Principals();
  const rowsInOrder = () => store.page(apiKeys, { key: 'id', direction: 'asc', limit: keysMax });
  const validKeys = (rows: readonly Row<typeof apiKeys>[] = rowsInOrder()): ValidKey[] => [
    ...configuredKeys(configured),
    ...rows.filter(({ revokedAtUs }) => revokedAtUs === null),
  ];
  const list = () => rowsInOrder().map(withoutDigest);

  const get = (name: string): ApiKey => {
    const found = list().find((key) => key.name === name);
    if (found) return found;
    throw new DomainError('NOT_FOUND', `there is no key called ${preview(name)}`);
  };

  const refresh = (): void => {
    const rows = rowsInOrder();
    const valid = validKeys(rows);
    // Neither revoking the last key nor a weak one must give everybody access, so revoked and weak keys count here.
    const isOpen = rows.length === 0 && configured.length === 0 && isLoopbackHost(host);
    principals.replace(valid, isOpen);
  };
  refresh();

  return {
    get areNeeded() {
      return !principals.isOpen;
    },
    callerOf: (key) => principals.find(key),
    admit,
    async add(name, scopes) {
      checkKeyName(name);
      if (scopes.length === 0) throw new DomainError('BAD_REQUEST', 'a key needs at least one scope');
      const key = newApiKey();
      const digest = digestOfKey(key);
      await store.write((tx) => {
        if (tx.findLatest(apiKeys, { name }))
          throw new DomainError(
            'CONFLICT',
            `a key called ${name} exists or was revoked: choose another name, because records name their key`,
          );
        tx.insert(apiKeys, { name, scopes: [...new Set(scopes)], digest, createdAtUs: tx.nowUs });
      });
      refresh();
      return key;
    },
    async revoke(name, { evenIfLast = false } = {}) {
      if (!evenIfLast) checkNotLast(name, validKeys());
      await store.write((tx) => {
        const found = tx.findLatest(apiKeys, { name });
        if (!found) throw new DomainError('NOT_FOUND', `there is no key called ${preview(name)}`);
        if (found.revokedAtUs === null) tx.update(apiKeys, { id: found.id }, { revokedAtUs: tx.nowUs });
      });
      refresh();
      return get(name);
    },
    get,
    list,
    refresh,
  };
};

const admit: ApiKeys['admit'] = (caller, needed) => {
  if (caller === null)
    throw new DomainError(
      'UNAUTHENTICATED',
      'a key that is known and not revoked is needed, in the header x-api-key or as Authorization: Bearer',
    );
  if (caller.scopes.includes('admin') || needed.some((scope) => caller.scopes.includes(scope))) return caller;
  throw new DomainError(
    'NOT_ALLOWED',
    `this needs a key of scope ${needed.join(' or ') || 'admin'}, not ${caller.scopes.join(' and ')}`,
  );
};

const configuredName = 'environment-';

/** Throws BAD_REQUEST for a text that cannot be the name of a key. */
export const checkKeyName = (name: string): void => {
  if (!/^[\w.@-]{1,64}$/.test(name))
    throw new DomainError(
      'BAD_REQUEST',
      `the name of a key must be 1 to 64 letters, digits or . _ - @, not ${preview(name)}`,
    );
  if (name.startsWith(configuredName))
    throw new DomainError(
      'BAD_REQUEST',
      `names that begin with ${configuredName} are reserved for the keys of the setting apiKeys`,
    );
};

interface ValidKey {
  readonly name: string;
  readonly scopes: readonly Scope[];
  readonly digest: string;
}

/** One configured key may be listed with several scopes. */
const configuredKeys = (configured: readonly ScopedDigest[]): ValidKey[] => {
  const digests = [...new Set(configured.filter(({ isWeak }) => !isWeak).map(({ digest }) => digest))];
  return digests.map((digest, index) => ({
    name: `${configuredName}${index + 1}`,
    digest,
    scopes: configured.filter((each) => each.digest === digest).map(({ scope }) => scope),
  }));
};

/** Whoever revokes the last key locks everybody out, also themselves. */
const checkNotLast = (name: string, valid: readonly ValidKey[]): void => {
  const key = valid.find((each) => each.name === name);
  // A key of the settings cannot be revoked.
  if (!key || name.startsWith(configuredName)) return;
  const others = valid.filter((each) => each !== key);
  const isAdmin = ({ scopes }: ValidKey): boolean => scopes.includes('admin');
  const left = others.length === 0 ? 'key' : isAdmin(key) && !others.some(isAdmin) ? 'key of scope admin' : null;
  if (left !== null)
    throw new DomainError(
      'CONFLICT',
      `${name} is the last ${left}: without it a new one can be added on the server's machine only, by "asof keys add"; confirm that it is to be revoked nevertheless`,
    );
};

interface RevocablePrincipal {
  readonly principal: Principal;
  revoke(): void;
}

const createPrincipal = (name: string | null, scopes: readonly Scope[]): RevocablePrincipal => {
  const controller = new AbortController();
  // Every open subscription listens to it.
  setMaxListeners(0, controller.signal);
  return { principal: { name, scopes, ended: controller.signal }, revoke: () => controller.abort() };
};

/** The callers that have access at the moment. */
class Principals {
  /** By digest: it is as long for every key, and nobody can choose how it begins. */
  #byDigest: ReadonlyMap<string, RevocablePrincipal> = new Map();
  /** By the key itself, once it was used: hashing a key costs more than looking it up. */
  readonly #byKey = new Map<string, Principal>();
  /** The caller without a key; null when keys are needed. */
  #anonymous: RevocablePrincipal | null = null;

  get isOpen(): boolean {
    return this.#anonymous !== null;
  }

  /** Sets who has access; those who lose it are aborted, the others stay the same principals. */
  replace(valid: readonly ValidKey[], isOpen: boolean): void {
    const previous = this.#byDigest;
    this.#byKey.clear();
    this.#byDigest = new Map(
      valid.map(({ name, scopes, digest }) => [digest, previous.get(digest) ?? createPrincipal(name, scopes)]),
    );
    for (const [digest, { revoke }] of previous) if (!this.#byDigest.has(digest)) revoke();
    if (isOpen) this.#anonymous ??= createPrincipal(null, ['admin']);
    else {
      this.#anonymous?.revoke();
      this.#anonymous = null;
    }
  }

  find(key: string | undefined): Principal | null {
    if (this.#anonymous) return this.#anonymous.principal;
    if (key === undefined) return null;
    const known = this.#byKey.get(key);
    if (known) return known;
    const principal = this.#byDigest.get(digestOfKey(key))?.principal ?? null;
    if (principal) this.#byKey.set(key, principal);
    return principal;
  }
}

const withoutDigest = ({ digest: _digest, ...key }: Row<typeof apiKeys>): ApiKey => key;
