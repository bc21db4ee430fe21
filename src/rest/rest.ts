import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { accepts } from 'hono/accepts';
import type { Logger } from 'pino';
import type { Shared } from '../context.ts';
import { DomainError } from '../errors.ts';
import { stringifyExact } from '../lib/exact-json.ts';
import { shown } from '../lib/problems.ts';
import type { ApiDocument } from '../web/docs-page.ts';
import { errorResponse } from '../web/error-response.ts';
import { described, information } from './openapi.ts';
import type { Asked, Route } from './route.ts';
import { routes } from './routes.ts';

/**
 * Answers everything but GraphQL. Every fault is a coded error; what is no DomainError is a bug, which is logged and
 * told as INTERNAL only.
 */
export const createRest = (shared: Shared, log: Logger): ((request: Request) => Promise<Response>) => {
  const app = new OpenAPIHono({ strict: false });
  const document = (): ApiDocument => app.getOpenAPI31Document(information(shared.server.version));

  for (const route of routes) {
    const operation = described(route);
    const path = operation.getRoutingPath().replace(/:(\w+)$/, route.takesRest ? ':$1{.+}' : ':$1');
    app.openAPIRegistry.registerPath(operation);
    // Hono answers HEAD by it, too.
    app.get(path, (c) => answer(route, c));
    app.all(path, async (c) => {
      const fault = new DomainError('METHOD_NOT_ALLOWED', `${shown(c.req.path)} can only be read: GET or HEAD`);
      const response = await refusal(fault, c);
      response.headers.set('allow', 'GET, HEAD');
      return response;
    });
  }

  const answer = async (route: Route, c: Context): Promise<Response> => {
    if (route.subject === 'facts' && !shared.ledger.ready)
      throw new DomainError('NOT_READY', 'the indices are being built');
    const url = new URL(c.req.url);
    const value = await route.handle(url, shared, { origin: url.origin, prefers: preferred(c), document });
    const response = value instanceof Response ? value : jsonResponse(value);
    response.headers.set('cache-control', route.subject === 'documentation' ? 'no-cache' : 'no-store');
    response.headers.set('vary', 'accept');
    return response;
  };

  app.notFound((c) => refusal(new DomainError('NOT_FOUND', `there is no ${shown(c.req.path)}; see /docs`), c));
  app.onError((error, c) => {
    if (!(error instanceof DomainError)) log.error({ err: error, path: c.req.path }, 'a request failed');
    return refusal(error, c);
  });

  return async (request) => app.fetch(request);
};

const jsonResponse = (value: unknown): Response =>
  new Response(stringifyExact(value), { headers: { 'content-type': 'application/json' } });

const preferred = (c: Context): Asked['prefers'] =>
  accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/plain', 'text/html'],
    default: 'application/json',
  }) as Asked['prefers'];

/** The coded error, or to a client that would rather have plain text its message, with the same status. */
const refusal = async (error: unknown, c: Context): Promise<Response> => {
  const coded = errorResponse(error);
  coded.headers.set('cache-control', 'no-store');
  coded.headers.set('vary', 'accept');
  if (preferred(c) !== 'text/plain') return coded;
  const { error: told } = (await coded.json()) as { error: { message: string } };
  const headers = new Headers(coded.headers);
  headers.set('content-type', 'text/plain; charset=utf-8');
  return new Response(`${told.message}\n`, { status: coded.status, headers });
};
