import type { Config } from '../config.ts';
import { DomainError } from '../errors.ts';
import { keyOf } from '../http/credentials.ts';
import type { InputLimits } from '../http/limited-json.ts';
import { FetchRequest, RequestBody } from '../http/request.ts';
import type { GuardedFace } from '../http/request-guard.ts';
import { errorResponseOf, toResponse } from '../http/response.ts';
import { scopes } from '../lib/api-key.ts';
import type { McpProgram } from './program.ts';

type Limits = InputLimits & Pick<Config, 'bodyBytesMax' | 'decodedBodyBytesMax' | 'inputBytesMax'>;

/**
 * The Model Context Protocol over streamable HTTP, without sessions: each POST is answered completely, so any number of
 * servers may stand behind one address.
 */
export const createMcpFace = (program: McpProgram, limits: Limits): GuardedFace => ({
  refuse: (error, _request, requestId) => toResponse(errorResponseOf(error, requestId)),
  async respond(request, requestId) {
    if (request.method !== 'POST')
      throw new DomainError('METHOD_NOT_ALLOWED', '/mcp accepts POST only: there are no sessions', {
        details: { allow: 'POST' },
      });
    const http = new FetchRequest(request, requestId);
    const caller = program.apiKeys.admit(
      program.apiKeys.callerOf(keyOf(http.header)),
      scopes.map(({ scope }) => scope),
    );
    const parsedBody = await messageOf(http, limits);
    // Imported lazily: most servers get no request of this kind, and the library takes a while to load.
    const [{ createMcpServer }, { WebStandardStreamableHTTPServerTransport }] = await Promise.all([
      import('./mcp-server.ts'),
      import('@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'),
    ]);
    const transport = new WebStandardStreamableHTTPServerTransport({ enableJsonResponse: true });
    const server = createMcpServer(program, {
      caller,
      origin: http.origin,
      requestId: () => requestId,
      hasExactNumbers: true,
      beforeCall: async () => undefined,
    });
    await server.connect(transport);
    try {
      return await transport.handleRequest(request, { parsedBody });
    } finally {
      await server.close();
    }
  },
});

/** One message. Numbers that a double cannot hold are ExactNumbers, as in variables of GraphQL. */
const messageOf = async (http: FetchRequest, limits: Limits): Promise<unknown> => {
  const { bodyBytesMax, decodedBodyBytesMax } = limits;
  const sizes = { bytesMax: bodyBytesMax, decodedBytesMax: decodedBodyBytesMax, input: limits };
  const body = new RequestBody(http, sizes, () => undefined);
  const text = await body.text();
  try {
    const message = body.parseJson(text);
    if (!Array.isArray(message)) return message;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new DomainError('BAD_REQUEST', `the body is not valid JSON: ${error.message}`);
  }
  throw new DomainError('BAD_REQUEST', 'the body must be one message: batches are not supported');
};
