import type { InterfaceRef, ObjectFieldsShape, ObjectRef } from '@pothos/core';
import type { DomainError } from '../src/errors.ts';
import { builder } from './builder.ts';
import type { Edge, Page } from './page.ts';

type Types = (typeof builder)['$inferSchemaTypes'];

/** Fields of connections besides `edges`, `nodes` and `pageInfo`. */
export type ConnectionFields<Node, Extra, EdgeExtra = object> = ObjectFieldsShape<Types, Page<Node, EdgeExtra> & Extra>;

interface ConnectionOptions<Node, Extra, EdgeExtra> {
  readonly type: ObjectRef<Types, Node> | InterfaceRef<Types, Node>;
  readonly name: string;
  readonly description: string;
  /** Whether an object may be an error, which then takes the place of that object alone. */
  readonly hasItemErrors?: boolean;
  readonly fields?: ConnectionFields<Node, Extra, EdgeExtra>;
}

/** Fields of edges besides `cursor` and `node`. */
export type EdgeFields<Node, EdgeExtra> = ObjectFieldsShape<Types, Edge<Node> & EdgeExtra>;

interface EdgeOptions<Node, EdgeExtra> {
  readonly name: string;
  readonly description: string;
  readonly fields?: EdgeFields<Node, EdgeExtra>;
}

/**
 * A Relay connection whose pages carry `Extra` besides their edges, and whose edges carry `EdgeExtra`. The type of Pothos' own connectionObject does not
 * include such values, so fields would have to cast; here the compiler checks the resolver that creates the page.
 */
export const connectionType = <Node extends object, Extra extends object = object, EdgeExtra extends object = object>(
  { type, name, description, hasItemErrors = false, fields }: ConnectionOptions<Node, Extra, EdgeExtra>,
  edge: EdgeOptions<Node, EdgeExtra>,
) => {
  const ownFields: EdgeFields<Node, object> = (t) => ({
    cursor: t.exposeString('cursor', {
      description: 'Opaque position of the object in its list, for `after` and `before`.',
    }),
    node: t.field({
      type,
      nullable: hasItemErrors as false,
      description: 'The object.',
      // The compiler cannot say that a generic type is no list.
      resolve: ({ node }) => node as never,
    }),
  });
  const edgeType = builder.objectRef<Edge<Node> & EdgeExtra>(edge.name).implement({
    description: edge.description,
    fields: (t) => ({ ...ownFields(t), ...edge.fields?.(t) }),
  });
  return builder.objectRef<Page<Node, EdgeExtra> & Extra>(name).implement({
    description,
    fields: (t) => ({
      pageInfo: t.field({ type: builder.pageInfoRef(), resolve: ({ pageInfo }) => pageInfo }),
      edges: t.field({
        type: [edgeType],
        description: 'The objects of this page with their cursors, in order.',
        resolve: ({ edgesOf }) => edgesOf(),
      }),
      nodes: t.field({
        type: [type],
        nullable: { list: false, items: hasItemErrors as false },
        description: 'The objects of this page, in order.',
        resolve: ({ nodes }) => nodes,
      }),
      ...fields?.(t),
    }),
  });
};

/** Objects of a list, some of them errors, for a list whose items are nullable: GraphQL throws each at the path of its item. */
export const withErrors = <T>(items: readonly (T | DomainError)[]): T[] => items as T[];
