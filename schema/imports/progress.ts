import { builder } from '../builder.ts';
import { ImportType } from './imports.ts';

builder.subscriptionField('importProgress', (t) =>
  t.field({
    extensions: { scopes: ['read', 'ingest'] },
    type: ImportType,
    description:
      'An import as it stands, then anew whenever its counts have moved, at most twice a second, until it has ended.',
    args: {
      importId: t.arg.globalID({ required: true, for: [ImportType], description: 'The import’s `id`.' }),
    },
    subscribe: (_root, { importId }, { imports }) => imports.progressOf(Number(importId.id)),
    resolve: (standing) => standing,
  }),
);
