import { createRoute, z } from '@hono/zod-openapi';
import { type ErrorCode, errorCodes, statusOfCode } from '../errors.ts';
import { fieldTypes } from './read-fields.ts';
import { missingParameter, unknownParameter } from './read-input.ts';
import { type BodyDescription, isData, type Route } from './route.ts';

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

/** The head of the OpenAPI document. */
export const information = (version: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'asof',
    version,
    description:
      'Simple routes for common questions; the GraphQL API at /graphql offers everything. Parameters that are unknown or sent twice are rejected. A client that prefers text/plain gets only the message of an error. Every response carries `x-request-id`.',
  },
});

/** The two ways to send an API key. */
export const securitySchemes = [
  { name: 'key', scheme: { type: 'apiKey', in: 'header', name: 'x-api-key' } },
  { name: 'bearer', scheme: { type: 'http', scheme: 'bearer' } },
] as const;

/** A route as OpenAPI describes it, with the errors it may respond with. */
export const describeApi = ({
  method,
  path,
  subject,
  summary,
  description,
  params,
  query,
  fields,
  body,
  errorCodes = [],
  response,
  requiredScopes,
}: Route) => {
  const [first] = Object.keys({ ...query, ...fields });
  const example = first === undefined ? unknownParameter('verbose', []) : missingParameter(first);
  const inScope = requiredScopes
    ? `With API keys in use, it needs a key of scope ${requiredScopes.join(' or ')}.`
    : undefined;
  const about = [description, Object.keys(fields).length > 0 ? inBody : undefined, inScope].filter(Boolean).join(' ');
  return createRoute({
    method: method.toLowerCase() as Lowercase<typeof method>,
    path,
    tags: [subject],
    summary,
    ...(about === '' ? {} : { description: about }),
    ...(requiredScopes ? { security: securitySchemes.map(({ name }) => ({ [name]: [...requiredScopes] })) } : {}),
    request: {
      params: z.object(params),
      query: z.object({ ...query, ...fields }),
      ...(body ? { body: { required: true, content: contentOf(body) } } : {}),
    },
    responses: {
      200: {
        description: 'The response.',
        content: {
          [response.type ?? 'application/json']: {
            schema: response.schema,
            ...(response.example === undefined ? {} : { example: response.example }),
          },
        },
      },
      ...errorResponse('BAD_REQUEST', { message: example.message, problems: [example] }),
      ...(requiredScopes
        ? { ...errorResponse('UNAUTHENTICATED', { message: '…' }), ...errorResponse('NOT_ALLOWED', { message: '…' }) }
        : {}),
      ...(path === '/readyz' || isData(subject)
        ? errorResponse('NOT_READY', { message: 'the indices are being built' })
        : {}),
      ...Object.assign({}, ...errorCodes.map((code) => errorResponse(code, { message: '…' }))),
    },
  });
};

const inBody = `The parameters may be sent in the body instead of the query: ${fieldTypes.join(' or ')}.`;

const contentOf = ({ types, schema, example }: BodyDescription) =>
  Object.fromEntries(types.map((type) => [type, { schema, example }]));

const errorResponse = (code: ErrorCode, error: object) => ({
  [statusOfCode(code)]: {
    description: errorCodes.find((entry) => entry.code === code)?.meaning ?? code,
    content: { 'application/json': { schema: fault, example: { error: { code, ...error } } } },
  },
});
