import { z } from '@hono/zod-openapi';
import type { Services } from '../context.ts';
import type { ErrorCode, FieldProblem } from '../errors.ts';
import type { RequestBody } from '../http/request.ts';
import type { Snapshot } from '../ledger/ledger.ts';
import type { Scope } from '../lib/api-key.ts';
import type { Work } from '../lib/work.ts';
import type { ApiDocument } from './api-document.ts';
import type { RawInput, Shape } from './read-input.ts';
import { ifNoneMatch, notModified } from './revalidation.ts';
import type { Tag } from './tags.ts';

/**
 * What a route serves. Facts and content need complete indices and, where keys are in use, a key. Content never changes,
 * so caches may keep it for ever; documentation has to be revalidated; the rest must not be stored.
 */
type Subject = 'facts' | 'content' | 'server' | 'documentation';

/** Whether a route needs a server that is ready and a caller who is authorized. */
export const isData = (subject: Subject): boolean => subject === 'facts' || subject === 'content';

/** Whether a route changes nothing: its work may end at any time. */
export const isRead = ({ method, requiredScopes }: Pick<Route, 'method' | 'requiredScopes'>): boolean =>
  method === 'GET' || requiredScopes?.every((scope) => scope === 'read') === true;

/** What a response may depend on besides the parameters. */
export interface RouteContext {
  /** Scheme, host and port as the client wrote them. */
  readonly origin: string;
  readonly preferredType: 'application/json' | 'text/plain' | 'text/html';
  /** All pairs of the query in order, for a route with `hasDynamicQuery`. */
  readonly pairs: readonly RawInput[];
  /** A route that describes a `body` reads it by itself. */
  readonly body: RequestBody;
  /** What of the query was ignored, for a route with `ignoresUnknownQuery`. */
  readonly warnings: readonly FieldProblem[];
  /** The name of the caller's key; null for a caller without one. */
  readonly sentBy: string | null;
  /** What long computations of a route that reads have: it ends when the client has left, or after `queryMsMax`. */
  readonly work: Work;
  /** A header by its name in lower case. */
  header(name: string): string | undefined;
  /** The OpenAPI document of all routes. */
  document(): ApiDocument;
}

/** A body that is more than parameters. */
export interface BodyDescription {
  /** Media types that are accepted and documented; the first is the recommended one. */
  readonly types: readonly [string, ...string[]];
  /** Further types that clients are known to send although the content is right; an empty one stands for no type. */
  readonly lenientContentTypes?: readonly string[];
  readonly schema: z.ZodType;
  readonly example: unknown;
  /** Media types whose content has another schema. */
  readonly others?: Readonly<Record<string, { readonly schema: z.ZodType; readonly example: unknown }>>;
  /** The body is processed as it arrives and may be of any size: `bodyBytesMax` does not apply. */
  readonly isStream?: true;
}

/** A header that a route reads, beside those of HTTP itself. */
export interface RequestHeader {
  readonly name: string;
  readonly description: string;
  readonly example: string;
}

/** An answer other than 200 and the errors. */
export interface FurtherResponse {
  readonly status: 202 | 304;
  readonly description: string;
  /** Its body is that of 200. */
  readonly hasBody?: true;
  /** Meaning of each header by its name. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** What an answer rests on besides the parameters. */
export interface Basis {
  /** The state of what is read: that of the ledger, or a version of a dataset. */
  readonly state: Snapshot;
  readonly parts: readonly unknown[];
}

/** The request that a basis is of, before its route handles it. */
export interface BasisRequest {
  /** What `schema` reads. */
  readonly input: object;
  readonly context: RouteContext;
}

interface RouteDescription {
  /** Name of the operation in OpenAPI, and of its function in clients that are generated from it. */
  readonly operationId: string;
  readonly tag: Tag;
  /** Default: GET, which answers HEAD as well. */
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** As in OpenAPI: `/user_status/{user_id}`. */
  readonly path: string;
  /** The last parameter of the path matches the rest of it, slashes included. */
  readonly isCatchAll?: true;
  readonly subject: Subject;
  /** Names of the query beside those of `query` depend on the data: the route reads these itself. */
  readonly hasDynamicQuery?: true;
  /** An unknown name in the query must not lose the body: it is ignored, and the response says so by `warnings`. */
  readonly ignoresUnknownQuery?: true;
  /**
   * For an answer that depends on the parameters and on what this returns, and on nothing else, such as the caller or the state
   * of an import: it has an ETag, and is not computed again for a client that has it. A stream has none.
   */
  readonly basis?: (services: Services, request: BasisRequest) => Basis;
  /**
   * A key of any of these scopes may call the route. Default for routes of facts or content: `read` for GET, `ingest` for
   * other methods; other routes are public.
   */
  readonly scopes?: readonly Scope[];
  /** A POST without path parameters that is called often enough to skip the Fetch objects; it never returns a Response. */
  readonly fastPath?: true;
  readonly summary: string;
  readonly description?: string;
  readonly headers?: readonly RequestHeader[];
  readonly body?: BodyDescription;
  readonly furtherResponses?: readonly FurtherResponse[];
  /** Errors it may respond with in addition to those of every route. */
  readonly errorCodes?: readonly ErrorCode[];
  readonly response: {
    readonly schema: z.ZodType;
    readonly example?: unknown;
    /** The schemas of further media types, which the parameters or `Accept` choose. */
    readonly others?: Readonly<Record<string, z.ZodType>>;
    /** Meaning of each header by its name. */
    readonly headers?: Readonly<Record<string, string>>;
    /** Default: JSON. */
    readonly type?: 'text/html' | 'text/plain' | 'text/csv' | 'application/x-ndjson' | 'image/png';
  };
}

/** One path and one method. */
export interface Route extends RouteDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Null for a public route. */
  readonly requiredScopes: readonly Scope[] | null;
  readonly params: Shape;
  readonly query: Shape;
  readonly fields: Shape;
  /** The schema of all parameters together. */
  readonly schema: z.ZodObject;
  readonly hasInput: boolean;
  /**
   * Returns a Response to be sent as it is, a stream of texts, or a value to be sent as JSON, or as text where the
   * response's type says so. `input` is what `schema` reads.
   */
  handle(input: object, services: Services, context: RouteContext): unknown;
}

type NoShape = Readonly<Record<never, never>>;

interface RouteDefinition<P extends Shape, Q extends Shape, F extends Shape> extends RouteDescription {
  readonly params?: P;
  readonly query?: Q;
  /** Parameters that a client may send in the query, in a form or in a JSON object. */
  readonly fields?: F;
  handle(input: z.output<z.ZodObject<P & Q & F>>, services: Services, context: RouteContext): unknown;
}

/** A route from its parameters, its response and the function that computes it. */
export const defineRoute = <P extends Shape = NoShape, Q extends Shape = NoShape, F extends Shape = NoShape>(
  definition: RouteDefinition<P, Q, F>,
): Route => {
  const {
    method = 'GET',
    subject,
    scopes = [method === 'GET' ? 'read' : 'ingest'],
    params = {},
    query = {},
    fields = {},
  } = definition;
  const shape: Shape = { ...params, ...query, ...fields };
  return {
    ...definition,
    ...(definition.basis ? revalidated(definition) : {}),
    method,
    requiredScopes: isData(subject) || definition.scopes ? scopes : null,
    params,
    query,
    fields,
    schema: z.object(shape),
    hasInput: Object.keys(shape).length > 0,
  };
};

/** What the description of a route with a `basis` says besides. */
const revalidated = ({ response, headers = [], furtherResponses = [] }: RouteDescription) => ({
  headers: [...headers, ifNoneMatch],
  furtherResponses: [...furtherResponses, notModified],
  response: { ...response, headers: { ...response.headers, etag: 'Changes with what the answer rests on.' } },
});

/** For a route whose answer rests on the parameters and the ledger alone. */
export const ledgerAlone = ({ ledger }: Pick<Services, 'ledger'>): Basis => ({ state: ledger.snapshot(), parts: [] });
