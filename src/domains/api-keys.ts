import { setMaxListeners } from 'node:events';
import type { Row, Store } from '../../db/store.ts';
import { apiKeys } from '../../db/tables/api-keys.ts';
import { DomainError } from '../errors.ts';
import { digestOfKey, newApiKey, type Scope, type ScopedDigest } from '../lib/api-key.ts';
import { isLoopbackHost } from '../lib/loopback.ts';
import { preview } from '../lib/problems.ts';

export type ApiKey = Omit<Row<typeof apiKeys>, 'digest'>;

/** Who is calling. */
export interface Principal {
  /** What their key is called; null for whoever needs none. */
  readonly name: string | null;
  readonly scopes: readonly Scope[];
  /** Aborted when they may no longer call. */
  readonly ended: AbortSignal;
}

export interface ApiKeys {
  /** False while there never was a key, on a server that only its own machine can reach. */
  readonly areNeeded: boolean;
  /** Whoever calls with a key, or without; null when that is nobody who may call. */
  callerOf(key: string | undefined): Principal | null;
  /**
   * The caller, if one of these scopes is theirs. Throws UNAUTHENTICATED for nobody who may call, and NOT_ALLOWED for
   * other scopes.
   */
  admit(caller: Principal | null, needed: readonly Scope[]): Principal;
  /** Makes a key and gives it, once. Throws CONFLICT when the name is taken, also by a revoked one. */
  add(name: string, scopes: readonly Scope[]): Promise<string>;
  /** Whoever calls with it is refused from now on. Throws NOT_FOUND; a repeat changes nothing. */
  revoke(name: string): Promise<ApiKey>;
  /** All that were added, the oldest first. */
  list(): ApiKey[];
  /** Takes note of what other processes have changed. */
  refresh(): void;
}

interface Settings {
  /** Where the server listens. */
  readonly host: string;
  /** Keys that are not in the store. */
  readonly apiKeys: readonly ScopedDigest[];
}

const keysMax = 10_000;

export const createApiKeys = (store: Store, { host, apiKeys: fixed }: Settings): ApiKeys => {
  /** By digest: it is as long for every key, and nobody can choose what it begins with. */
  let callers = new Map<string, OpenCaller>();
  let anybody: OpenCaller | null = null;
  /** Callers by the keys themselves, as far as they have called: to hash a key costs more than to look it up. */
  const seen = new Map<string, Principal>();

  const rowsInOrder = () => store.page(apiKeys, { key: 'id', direction: 'asc', limit: keysMax });
  const list = () => rowsInOrder().map(withoutDigest);

  const refresh = (): void => {
    const rows = rowsInOrder();
    const valid = [...environmentKeys(fixed), ...rows.filter(({ revokedAtUs }) => revokedAtUs === null)];
    const before = callers;
    seen.clear();
    callers = new Map(valid.map((key) => [key.digest, before.get(key.digest) ?? openCaller(key.name, key.scopes)]));
    for (const [digest, { end }] of before) if (!callers.has(digest)) end();
    // Whoever has revoked the last key does not mean to let everybody in.
    const isOpen = rows.length === 0 && fixed.length === 0 && isLoopbackHost(host);
    if (isOpen) anybody ??= openCaller(null, ['admin']);
    else anybody?.end();
    if (!isOpen) anybody = null;
  };
  refresh();

  const callerOf: ApiKeys['callerOf'] = (key) => {
    if (anybody) return anybody.caller;
    if (key === undefined) return null;
    const known = seen.get(key);
    if (known) return known;
    const caller = callers.get(digestOfKey(key))?.caller ?? null;
    if (caller) seen.set(key, caller);
    return caller;
  };

  return {
    get areNeeded() {
      return anybody === null;
    },
    callerOf,
    admit(caller, needed) {
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
    },
    async add(name, scopes) {
      if (!/^[\w.@-]{1,64}$/.test(name))
        throw new DomainError(
          'BAD_REQUEST',
          `the name must be 1 to 64 letters, digits or . _ - @, not ${preview(name)}`,
        );
      if (name.startsWith(environmentName))
        throw new DomainError('BAD_REQUEST', `names that begin with ${environmentName} are of the setting apiKeys`);
      const key = newApiKey();
      const digest = digestOfKey(key);
      await store.write((tx) => {
        if (tx.findLatest(apiKeys, { name }))
          throw new DomainError('CONFLICT', `there is or was a key called ${name}; records tell keys by their names`);
        tx.insert(apiKeys, { name, scopes: [...new Set(scopes)], digest, createdAtUs: tx.nowUs });
      });
      refresh();
      return key;
    },
    async revoke(name) {
      await store.write((tx) => {
        const found = tx.findLatest(apiKeys, { name });
        if (!found) throw new DomainError('NOT_FOUND', `there is no key called ${preview(name)}`);
        if (found.revokedAtUs === null) tx.update(apiKeys, { id: found.id }, { revokedAtUs: tx.nowUs });
      });
      refresh();
      return list().find((key) => key.name === name) as ApiKey;
    },
    list,
    refresh,
  };
};

interface OpenCaller {
  readonly caller: Principal;
  end(): void;
}

const openCaller = (name: string | null, scopes: readonly Scope[]): OpenCaller => {
  const controller = new AbortController();
  // Each open subscription listens.
  setMaxListeners(0, controller.signal);
  return { caller: { name, scopes, ended: controller.signal }, end: () => controller.abort() };
};

const environmentName = 'environment-';

/** One key may stand there with several scopes. */
const environmentKeys = (fixed: readonly ScopedDigest[]) => {
  const digests = [...new Set(fixed.map(({ digest }) => digest))];
  return digests.map((digest, place) => ({
    name: `${environmentName}${place + 1}`,
    digest,
    scopes: fixed.filter((each) => each.digest === digest).map(({ scope }) => scope),
  }));
};

const withoutDigest = ({ digest: _digest, ...key }: Row<typeof apiKeys>): ApiKey => key;
