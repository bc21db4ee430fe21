import { createRoute, OpenAPIHono, z } from '@hono/zod-openapi';
import { type ErrorCode, errorCodes, statusOfCode } from '../errors.ts';
import type { ApiDocument } from './api-document.ts';
import { fieldTypes } from './read-fields.ts';
import { missingParameter, type Shape, unknownParameter } from './read-input.ts';
import { type BodyDescription, isData, isRead, type RequestHeader, type Route } from './route.ts';
import { tags } from './tags.ts';

const problem = z.object({
  path: z.string().openapi({ description: 'The parameter at fault.' }),
  code: z.string(),
  message: z.string(),
});

const fault = z
  .object({
    error: z.object({
      code: z.enum(errorCodes.map(({ code }) => code)),
      message: z.string(),
      problems: z.array(problem).optional(),
      requestId: z.string().optional().openapi({ description: 'For INTERNAL: the id to look for in the log.' }),
    }),
  })
  .openapi('Fault');

/** The OpenAPI document of routes, which is made once, for the first who reads it: most servers and all commands start without. */
export const createApiDocument = (
  routes: readonly Route[],
  program: { readonly server: { readonly version: string } },
): (() => ApiDocument) => {
  let document: ApiDocument | undefined;
  return () => {
    document ??= documentOf(routes, program.server.version);
    return document;
  };
};

const documentOf = (routes: readonly Route[], version: string): ApiDocument => {
  const api = new OpenAPIHono();
  for (const { name, scheme } of securitySchemes)
    api.openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  for (const route of routes) api.openAPIRegistry.registerPath(describeApi(route));
  return api.getOpenAPI31Document(information(version));
};

/** The head of the OpenAPI document. */
const information = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'asof',
    version,
    description:
      'Simple routes for common questions; the GraphQL API at /graphql offers everything. Parameters that are unknown or sent twice are rejected. A client that prefers text/plain gets only the message of an error. Every response carries `x-request-id`.',
    license: { name: 'MIT', identifier: 'MIT' },
    contact: { name: 'The operator of this server' },
  },
  // Relative, because a server may have several names.
  servers: [{ url: '/', description: 'The server that this document is from.' }],
  tags: tags.map(({ name, description }) => ({ name, description })),
});

/** The two ways to send an API key. */
const securitySchemes = [
  { name: 'key', scheme: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
  { name: 'bearer', scheme: { type: 'http', scheme: 'bearer' } },
] as const;

/** A route as OpenAPI describes it, with the errors it may respond with. */
const describeApi = (route: Route) => {
  const { method, path, tag, operationId, summary, params, query, fields, requiredScopes } = route;
  return createRoute({
    operationId,
    method: method.toLowerCase() as Lowercase<typeof method>,
    path,
    tags: [tag],
    summary,
    description: descriptionOf(route),
    security: requiredScopes ? securitySchemes.map(({ name }) => ({ [name]: [] })) : [],
    // OpenAPI has scopes for OAuth only; some tools refuse them elsewhere.
    ...(requiredScopes ? { 'x-required-scopes': [...requiredScopes] } : {}),
    request: {
      params: z.object(params),
      query: z.object({
        ...query,
        ...optional(fields),
        ...(route.hasDynamicQuery ? { filter: furtherParameters } : {}),
      }),
      headers: z.object(Object.fromEntries((route.headers ?? []).map(headerParameter))),
      ...bodyOf(route),
    },
    responses: { ...successOf(route), ...errorsOf(route) },
  });
};

const descriptionOf = ({ description, fields, requiredScopes }: Route): string => {
  const inScope = requiredScopes
    ? `With API keys in use, it needs a key of scope ${requiredScopes.join(' or ')}.`
    : 'It needs no API key.';
  return [description, Object.keys(fields).length > 0 ? inBody : undefined, inScope].filter(Boolean).join(' ');
};

/** A field may be in the body instead. */
const optional = (fields: Shape): Shape =>
  Object.fromEntries(Object.entries(fields).map(([name, schema]) => [name, schema.optional()]));

/** Parameters whose names depend on the data: each property is a parameter of its own. */
const furtherParameters = z
  .record(z.string(), z.string())
  .optional()
  .openapi({
    param: { style: 'form', explode: true },
    description: 'Conditions on columns, each a parameter of its own; see the description.',
  });

const headerParameter = ({ name, description, example }: RequestHeader) =>
  [name, z.string().optional().openapi({ description, example })] as const;

/** The content of a body that is more than parameters, or the parameters that may be in a body instead of the query. */
const bodyOf = ({ body, fields }: Route) => {
  if (body) return { body: { required: true, content: contentOf(body) } };
  if (Object.keys(fields).length === 0) return {};
  const schema = z.object(fields);
  return { body: { required: false, content: Object.fromEntries(fieldTypes.map((type) => [type, { schema }])) } };
};

const contentOf = ({ types, schema, example, others = {} }: BodyDescription) =>
  Object.fromEntries(types.map((type) => [type, others[type] ?? { schema, example }]));

const successOf = ({ response, furtherResponses = [] }: Route) => {
  const content = {
    [response.type ?? 'application/json']: {
      schema: response.schema,
      ...(response.example === undefined ? {} : { example: response.example }),
    },
    ...Object.fromEntries(Object.entries(response.others ?? {}).map(([type, schema]) => [type, { schema }])),
  };
  const headers = headersOf(response.headers);
  return {
    200: { description: 'The response.', headers, content },
    ...Object.fromEntries(
      furtherResponses.map(({ status, description, hasBody, headers: further }) => [
        status,
        { description, headers: headersOf(further), ...(hasBody ? { content } : {}) },
      ]),
    ),
  };
};

const headersOf = (headers: Readonly<Record<string, string>> = {}) => {
  const all = { 'x-request-id': 'The id of the request in the log.', ...headers };
  return Object.fromEntries(
    Object.entries(all).map(([name, description]) => [name, { description, schema: { type: 'string' as const } }]),
  );
};

const errorsOf = (route: Route) => {
  const { query, fields, path, subject, errorCodes = [], requiredScopes } = route;
  const [first] = Object.keys({ ...query, ...fields });
  const example = first === undefined ? unknownParameter('verbose', []) : missingParameter(first);
  const documented = (code: ErrorCode, message = '…') => ({ code, error: { message } });
  return errorResponses([
    { code: 'BAD_REQUEST', error: { message: example.message, problems: [example] } },
    ...(requiredScopes ? [documented('UNAUTHENTICATED'), documented('NOT_ALLOWED')] : []),
    ...(path === '/readyz' || isData(subject) ? [documented('NOT_READY', 'the indices are being built')] : []),
    ...(subject === 'facts' && isRead(route) ? [documented('TIMEOUT')] : []),
    ...errorCodes.map((code) => documented(code)),
  ]);
};

const inBody = `The parameters may be sent in the body instead of the query: ${fieldTypes.join(' or ')}.`;

interface DocumentedError {
  readonly code: ErrorCode;
  /** What its example says beside the code. */
  readonly error: object;
}

/** The responses by status; codes of the same status share one. */
const errorResponses = (documented: readonly DocumentedError[]) => {
  const byStatus = new Map<number, DocumentedError[]>();
  for (const each of documented) {
    const status = statusOfCode(each.code);
    byStatus.set(status, [...(byStatus.get(status) ?? []), each]);
  }
  return Object.fromEntries([...byStatus].map(([status, errors]) => [status, errorResponse(errors)]));
};

const errorResponse = (errors: readonly DocumentedError[]) => {
  const [{ code = 'INTERNAL', error = {} } = {}] = errors;
  const meanings = errors.map((each) => `${each.code}: ${meaningOf(each.code)}`);
  return {
    description: errors.length === 1 ? meaningOf(code) : meanings.join(' '),
    content: { 'application/json': { schema: fault, example: { error: { code, ...error } } } },
  };
};

const meaningOf = (code: ErrorCode): string => errorCodes.find((entry) => entry.code === code)?.meaning ?? code;
