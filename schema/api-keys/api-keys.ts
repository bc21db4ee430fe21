import type { ApiKey } from '../../src/domains/api-keys.ts';
import { builder } from '../builder.ts';
import { ConflictError, memberOf, NotFoundError, OverloadedError, outcomeOf, ValidationError } from '../faults.ts';
import { ScopeEnum } from './scope.ts';

const ApiKeyType = builder.objectRef<ApiKey>('ApiKey').implement({
  description: 'An API key of the store. The key itself is not stored.',
  fields: (t) => ({
    name: t.exposeString('name', {
      description: 'Its name, which identifies it for good; records that are sent with the key keep it.',
    }),
    scopes: t.field({ type: [ScopeEnum], description: 'What it permits.', resolve: ({ scopes }) => scopes }),
    createdAt: t.field({ type: 'DateTime', description: 'When it was added.', resolve: (key) => key.createdAtUs }),
    revokedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null for a key that is in use.',
      resolve: (key) => key.revokedAtUs,
    }),
  }),
});

// Whoever manages keys may do everything with them.
const extensions = { scopes: ['admin'] };

builder.queryField('apiKeys', (t) =>
  t.field({
    extensions,
    type: [ApiKeyType],
    description:
      'All keys that were added, revoked ones included, the oldest first; not those of the setting apiKeys. Needs the scope `admin`.',
    resolve: (_root, _args, { apiKeys }) => apiKeys.list(),
  }),
);

const AddApiKeyInput = builder.inputType('AddApiKeyInput', {
  description: 'A new key.',
  fields: (t) => ({
    name: t.string({
      required: true,
      description: 'Its name: 1 to 64 letters, digits or . _ - @. The name of a revoked key cannot be used again.',
    }),
    scopes: t.field({ type: [ScopeEnum], required: true, description: 'What it permits; at least one.' }),
  }),
});

interface AddedKey {
  readonly apiKey: ApiKey;
  readonly key: string;
}

const AddApiKeyPayload = builder.objectRef<AddedKey>('AddApiKeyPayload').implement({
  description: 'The new key.',
  fields: (t) => ({
    apiKey: t.field({ type: ApiKeyType, description: 'What is stored of it.', resolve: ({ apiKey }) => apiKey }),
    key: t.exposeString('key', { description: 'The key itself. It is shown this once, and never again.' }),
  }),
});

const AddApiKeyResult = builder.unionType('AddApiKeyResult', {
  description: 'The new key, or why there is none.',
  types: [AddApiKeyPayload, ConflictError, ValidationError, OverloadedError],
  resolveType: memberOf('AddApiKeyPayload'),
});

const RevokeApiKeyInput = builder.inputType('RevokeApiKeyInput', {
  description: 'The key to revoke.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Its name.' }),
    evenIfLast: t.boolean({
      defaultValue: false,
      description:
        'Revokes it also when it is the last key, or the last of scope `ADMIN`: a new one can then be added on the machine of the server only.',
    }),
  }),
});

const RevokeApiKeyPayload = builder.objectRef<{ readonly apiKey: ApiKey }>('RevokeApiKeyPayload').implement({
  description: 'The revoked key.',
  fields: (t) => ({
    apiKey: t.field({ type: ApiKeyType, description: 'The key.', resolve: ({ apiKey }) => apiKey }),
  }),
});

const RevokeApiKeyResult = builder.unionType('RevokeApiKeyResult', {
  description: 'The revoked key, or why none was revoked.',
  types: [RevokeApiKeyPayload, NotFoundError, ConflictError, OverloadedError],
  resolveType: memberOf('RevokeApiKeyPayload'),
});

builder.mutationFields((t) => ({
  addApiKey: t.field({
    extensions,
    type: AddApiKeyResult,
    description:
      'Adds a key and returns it, this once. From the first key on every request needs one, also that of whoever added it. Needs the scope `admin`.',
    args: { input: t.arg({ type: AddApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input: { name, scopes } }, { apiKeys }) =>
      outcomeOf(
        apiKeys.add(name, scopes).then((key) => ({ apiKey: apiKeys.get(name), key })),
        ['ConflictError', 'ValidationError', 'OverloadedError'],
      ),
  }),
  revokeApiKey: t.field({
    extensions,
    type: RevokeApiKeyResult,
    description:
      'Refuses callers with this key from now on, and ends their subscriptions. A repeat changes nothing. The last key needs `evenIfLast`: a `ConflictError` says so. After the last key is revoked requests still need a key. Needs the scope `admin`.',
    args: { input: t.arg({ type: RevokeApiKeyInput, required: true, description: 'The key.' }) },
    resolve: (_root, { input: { name, evenIfLast } }, { apiKeys }) =>
      outcomeOf(
        apiKeys.revoke(name, { evenIfLast: evenIfLast ?? false }).then((apiKey) => ({ apiKey })),
        ['NotFoundError', 'ConflictError', 'OverloadedError'],
      ),
  }),
}));
