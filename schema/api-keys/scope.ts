import { type Scope, scopes } from '../../src/lib/api-key.ts';
import { builder } from '../builder.ts';

const meaningOf = (scope: Scope): string => scopes.find((each) => each.scope === scope)?.meaning ?? '';

export const ScopeEnum = builder.enumType('Scope', {
  description: 'What a caller may do. ADMIN includes all others, and no other scope includes another.',
  values: {
    READ: { value: 'read', description: meaningOf('read') },
    INGEST: { value: 'ingest', description: meaningOf('ingest') },
    ADMIN: { value: 'admin', description: meaningOf('admin') },
  } as const satisfies Readonly<Record<Uppercase<Scope>, { value: Scope; description: string }>>,
});
