import { z } from '@hono/zod-openapi';
import type { Shared } from '../context.ts';
import type { ErrorCode } from '../errors.ts';
import type { Scope } from '../lib/api-key.ts';
import type { ApiDocument } from './docs-page.ts';
import { readFields, wrongMediaType } from './read-fields.ts';
import { type Address, type RawInput, readInput, type Shape } from './read-input.ts';
import type { RequestBody } from './request-body.ts';

/**
 * What a route speaks of. Facts are told and taken in only when the indices are whole, and so is content, which never
 * changes and may be kept by caches for good; documentation may be kept as long as they ask again.
 */
type Subject = 'facts' | 'content' | 'server' | 'documentation';

/** Whether it is told only by a server that is ready, and only to those who may know. */
export const isData = (subject: Subject): boolean => subject === 'facts' || subject === 'content';

/** What an answer may depend on beside the parameters. */
export interface RouteContext {
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  readonly prefers: 'application/json' | 'text/plain' | 'text/html';
  /** The query in order, for a route with `anyQuery`. */
  readonly pairs: readonly RawInput[];
  /** What a route with a `body` reads by itself. */
  readonly body: RequestBody;
  /** What the key of the caller is called; null for one who needs none. */
  readonly sentBy: string | null;
  /** A header by its name in lower case. */
  header(name: string): string | undefined;
  /** The OpenAPI document of all routes. */
  document(): ApiDocument;
}

/** A body that is more than parameters. */
export interface DescribedBody {
  /** Media types that are read; the first is the one to recommend. */
  readonly types: readonly [string, ...string[]];
  /** Further ones that clients are known to send it as; an empty one stands for none. */
  readonly tolerates?: readonly string[];
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** It is worked off as it comes and may be of any size: `bodyBytesMax` does not hold. */
  readonly isStream?: true;
}

interface Described {
  /** GET, which answers HEAD as well, unless it says otherwise. */
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** As in OpenAPI: `/user_status/{user_id}`. */
  readonly path: string;
  /** The last parameter of the path takes all that is left of it, slashes too. */
  readonly takesRest?: true;
  readonly subject: Subject;
  /** The names in its query depend on what is asked for: it reads them itself. */
  readonly anyQuery?: true;
  /**
   * Keys of these scopes may call it, whichever. Facts need `read` when they are asked for and `ingest` when they are
   * sent, unless it says otherwise; the rest is for everybody.
   */
  readonly scopes?: readonly Scope[];
  /** A POST without parameters in its path that is asked so often that it must cost little; it never answers a Response. */
  readonly fastPath?: true;
  readonly summary: string;
  readonly description?: string;
  readonly body?: DescribedBody;
  /** Faults it may answer beside those that every route does. */
  readonly refuses?: readonly ErrorCode[];
  readonly answer: {
    readonly schema: z.ZodType;
    readonly example?: unknown;
    /** JSON unless it says otherwise. */
    readonly type?: 'text/html' | 'text/plain' | 'text/csv' | 'application/x-ndjson' | 'image/png';
  };
}

/** One address, asked in one way. */
export interface Route extends Described {
  readonly method: 'GET' | 'POST' | 'PUT';
  /** Null for what is for everybody. */
  readonly needs: readonly Scope[] | null;
  readonly params: Shape;
  readonly query: Shape;
  readonly fields: Shape;
  /**
   * A Response as it is, texts to be written as they come, a value to be written as JSON, or as text where the answer's
   * type says so. Throws BAD_REQUEST with a problem for each bad parameter, or for a body of another type.
   */
  handle(address: Address, shared: Shared, asked: RouteContext): unknown;
}

type NoShape = Readonly<Record<never, never>>;

interface Definition<P extends Shape, Q extends Shape, F extends Shape> extends Described {
  readonly params?: P;
  readonly query?: Q;
  /** Parameters that may come in the query, in a form or in a JSON object, whichever the client likes. */
  readonly fields?: F;
  handle(input: z.output<z.ZodObject<P & Q & F>>, shared: Shared, asked: RouteContext): unknown;
}

/** A route from its parameters, answer and the one call that makes it. */
export const defineRoute = <P extends Shape = NoShape, Q extends Shape = NoShape, F extends Shape = NoShape>(
  definition: Definition<P, Q, F>,
): Route => {
  const {
    method = 'GET',
    subject,
    scopes = [method === 'GET' ? 'read' : 'ingest'],
    params = {},
    query = {},
    fields = {},
    body,
  } = definition;
  const schema = z.object({ ...params, ...query, ...fields }) as unknown as z.ZodObject<P & Q & F>;
  const readable = body && new Set([...body.types, ...(body.tolerates ?? [])]);
  const expected = { ...definition, params, query, fields, schema };
  const hasInput = Object.keys(expected.schema.shape).length > 0;
  return {
    ...definition,
    method,
    needs: isData(subject) ? scopes : null,
    params,
    query,
    fields,
    handle(sent, shared, asked) {
      const address = definition.anyQuery ? { ...sent, pathname: sent.pathname, search: '' } : sent;
      if (readable && !readable.has(asked.body.mediaType)) throw wrongMediaType(asked.body, body?.types ?? []);
      // What takes no parameters and is given none costs nothing to read.
      if (!hasInput && address.search === '') return definition.handle({} as never, shared, asked);
      if (definition.fields === undefined) return definition.handle(readInput(address, expected), shared, asked);
      return readFields(asked.body).then((inBody) =>
        definition.handle(readInput(address, expected, inBody), shared, asked),
      );
    },
  };
};
