import type { InterfaceRef, ObjectFieldsShape, ObjectRef } from '@pothos/core';
import { builder } from './builder.ts';
import type { Edge, Page } from './page.ts';

type Types = (typeof builder)['$inferSchemaTypes'];

interface ConnectionOptions<Node, Extra> {
  readonly type: ObjectRef<Types, Node> | InterfaceRef<Types, Node>;
  readonly name: string;
  readonly description: string;
  /** Fields besides `edges`, `nodes` and `pageInfo`. */
  readonly fields?: ObjectFieldsShape<Types, Page<Node> & Extra>;
}

/**
 * A Relay connection whose pages carry `Extra` besides their edges. The type of Pothos' own connectionObject does not
 * include such values, so fields would have to cast; here the compiler checks the resolver that creates the page.
 */
export const connectionType = <Node extends object, Extra extends object = object>(
  { type, name, description, fields }: ConnectionOptions<Node, Extra>,
  edge: { readonly name: string; readonly description: string },
) => {
  const edgeType = builder.objectRef<Edge<Node>>(edge.name).implement({
    description: edge.description,
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Opaque position of the object in its list, for `after` and `before`.',
      }),
      node: t.expose('node', { type, description: 'The object.' }),
    }),
  });
  return builder.objectRef<Page<Node> & Extra>(name).implement({
    description,
    fields: (t) => ({
      pageInfo: t.field({ type: builder.pageInfoRef(), resolve: ({ pageInfo }) => pageInfo }),
      edges: t.field({
        type: [edgeType],
        description: 'The objects of this page with their cursors, in order.',
        resolve: ({ edges }) => edges,
      }),
      nodes: t.field({
        type: [type],
        description: 'The objects of this page, in order.',
        resolve: ({ edges }) => edges.map(({ node }) => node),
      }),
      ...fields?.(t),
    }),
  });
};
