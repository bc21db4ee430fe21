import type { Context } from '../../src/context.ts';
import { builder } from '../builder.ts';
import { ScopeEnum } from './scope.ts';

const Viewer = builder.objectRef<Pick<Context, 'caller' | 'apiKeys'>>('Viewer').implement({
  description: 'The caller of this request.',
  fields: (t) => ({
    name: t.string({
      nullable: true,
      description: 'The name of its key; null without a key that is known and not revoked, and where none is needed.',
      resolve: ({ caller }) => caller?.name ?? null,
    }),
    scopes: t.field({
      type: [ScopeEnum],
      description: 'What it may do; empty for a caller who has no access.',
      resolve: ({ caller }) => caller?.scopes ?? [],
    }),
    authentication: t.boolean({
      description: 'Whether this server requires a key.',
      resolve: ({ apiKeys }) => apiKeys.areNeeded,
    }),
  }),
});

builder.queryField('viewer', (t) =>
  t.field({
    extensions: { isPublic: true },
    type: Viewer,
    description: 'Who calls, and what the caller may do. The only data that callers without a key may query.',
    resolve: (_root, _args, { caller, apiKeys }) => ({ caller, apiKeys }),
  }),
);
