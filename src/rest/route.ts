import { z } from '@hono/zod-openapi';
import type { Shared } from '../context.ts';
import type { ApiDocument } from '../web/docs-page.ts';
import { readInput, type Shape } from './read-input.ts';

/**
 * What a route speaks of. Facts are answered only from whole indices, documentation may be kept by caches as long as
 * they ask again.
 */
type Subject = 'facts' | 'server' | 'documentation';

/** What an answer may depend on beside the parameters. */
export interface Asked {
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  readonly prefers: 'application/json' | 'text/plain' | 'text/html';
  /** The OpenAPI document of all routes. */
  document(): ApiDocument;
}

interface Described {
  /** As in OpenAPI: `/user_status/{user_id}`. */
  readonly path: string;
  /** The last parameter of the path takes all that is left of it, slashes too. */
  readonly takesRest?: true;
  readonly subject: Subject;
  readonly summary: string;
  readonly description?: string;
  readonly answer: {
    readonly schema: z.ZodType;
    readonly example?: unknown;
    readonly type?: 'text/html';
  };
}

/** One address that can be read. */
export interface Route extends Described {
  readonly params: Shape;
  readonly query: Shape;
  /** A Response as it is, or a value to be written as JSON. Throws BAD_REQUEST with a problem for each bad parameter. */
  handle(url: URL, shared: Shared, asked: Asked): unknown;
}

type NoShape = Readonly<Record<never, never>>;

interface Definition<P extends Shape, Q extends Shape> extends Described {
  readonly params?: P;
  readonly query?: Q;
  handle(input: z.output<z.ZodObject<P & Q>>, shared: Shared, asked: Asked): unknown;
}

/** A route from its parameters, answer and the one call that makes it. */
export const defineRoute = <P extends Shape = NoShape, Q extends Shape = NoShape>(
  definition: Definition<P, Q>,
): Route => {
  const { params = {}, query = {} } = definition;
  const schema = z.object({ ...params, ...query }) as unknown as z.ZodObject<P & Q>;
  return {
    ...definition,
    params,
    query,
    handle: (url, shared, asked) =>
      definition.handle(readInput(url, { ...definition, params, query, schema }), shared, asked),
  };
};
