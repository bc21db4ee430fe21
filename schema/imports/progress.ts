import { builder } from '../builder.ts';
import { ImportType } from './imports.ts';

builder.subscriptionField('importProgress', (t) =>
  t.field({
    extensions: { scopes: ['read', 'ingest'] },
    type: ImportType,
    description:
      'The current state of an import, then again whenever its counts have changed, at most twice a second, until it has ended.',
    args: {
      importId: t.arg.globalID({ required: true, for: [ImportType], description: 'The import’s `id`.' }),
    },
    subscribe: (_root, { importId }, { imports }) => imports.progressOf(Number(importId.id)),
    resolve: (current) => current,
  }),
);
