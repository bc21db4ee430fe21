import { resolveNodes } from '@pothos/plugin-relay';
import { DomainError } from '../src/errors.ts';
import { builder, nodeIdOf } from './builder.ts';

/** The parts of a global id, or why it is none. */
const tryParse = (id: string) => {
  try {
    return { parts: nodeIdOf(id) };
  } catch (error) {
    if (error instanceof DomainError) return { error };
    throw error;
  }
};

// The field of the plugin reads all ids before it resolves any: one malformed id would take all objects with it.
builder.queryField('nodes', (t) =>
  t.field({
    type: [builder.nodeInterfaceRef()],
    nullable: { list: true, items: true },
    description:
      'The objects with these global IDs, in order, null for each unknown one. One that no object can have is null with an error of its own.',
    args: {
      ids: t.arg.idList({ required: true, description: 'Global IDs, as in `id`; at most pageSizeMax (1000).' }),
    },
    resolve: async (_root, { ids }, context, info) => {
      const { pageSizeMax } = context.config;
      if (ids.length > pageSizeMax)
        throw new DomainError('LIMIT_EXCEEDED', `ids must be at most ${pageSizeMax} (setting pageSizeMax)`);
      const parsed = ids.map((id) => tryParse(String(id)));
      const nodes = await resolveNodes(
        builder,
        context,
        info,
        parsed.map(({ parts }) => parts),
      );
      // GraphQL throws an Error in a list at the path of its item.
      return nodes.map((node, index) => parsed[index]?.error ?? node) as never;
    },
  }),
);
