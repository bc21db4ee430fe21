import { type Context, Hono } from 'hono';
import type { Logger } from 'pino';
import type { Services } from '../context.ts';
import { DomainError } from '../errors.ts';
import { FetchRequest, type HttpRequest } from '../http/request.ts';
import type { GuardedFace } from '../http/request-guard.ts';
import { errorResponseOf, toResponse } from '../http/response.ts';
import { preview } from '../lib/problems.ts';
import { createRequestHandler, type RequestHandler } from './handle-request.ts';
import { createApiDocument } from './openapi.ts';
import type { Route } from './route.ts';
import { routes as allRoutes } from './routes.ts';

/** Routes requests of the Fetch standard; the fast path shares its routes and their handler. */
export interface Router {
  /** Responds to every request except GraphQL. */
  readonly face: GuardedFace;
  readonly routes: readonly Route[];
  readonly handler: RequestHandler;
}

/** What the request guard passes to Hono with a request. */
interface Env {
  Bindings: { readonly requestId: string };
}

export const createRouter = (services: Services, log: Logger, routes: readonly Route[] = allRoutes): Router => {
  const app = new Hono<Env>({ strict: false });
  const handler = createRequestHandler(services, log, createApiDocument(routes, services));

  const handleRoute = async (route: Route, c: Context<Env>): Promise<Response> => {
    const response = await handler.handle(route, requestOf(c));
    return response instanceof Response ? response : toResponse(response);
  };
  const refuse = (error: unknown, c: Context<Env>): Response => toResponse(handler.refuse(error, requestOf(c)));

  /** The response to a method that no route of the path has. */
  const wrongMethod = (ofPath: readonly Route[], c: Context<Env>): Response => {
    const allow = ofPath.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
    const error = new DomainError('METHOD_NOT_ALLOWED', `${preview(c.req.path)} accepts ${allow} only`);
    const response = refuse(error, c);
    response.headers.set('allow', allow);
    return response;
  };

  for (const route of routes) {
    const path = honoPathOf(route);
    // Hono answers HEAD by GET, too.
    app.on(route.method, path, (c) => handleRoute(route, c));
    const ofPath = routes.filter((other) => other.path === route.path);
    if (route === ofPath.at(-1)) app.all(path, (c) => wrongMethod(ofPath, c));
  }
  app.notFound((c) => refuse(new DomainError('NOT_FOUND', `there is no ${preview(c.req.path)}; see /docs`), c));
  app.onError((error, c) => refuse(error, c));
  return {
    face: {
      respond: async (request, requestId) => app.fetch(request, { requestId }),
      refuse(error, _request, requestId) {
        if (!(error instanceof DomainError)) log.error({ err: error, requestId }, 'a request failed');
        return toResponse(errorResponseOf(error, requestId));
      },
    },
    routes,
    handler,
  };
};

/** A path of Hono: OpenAPI writes parameters in braces. */
const honoPathOf = ({ path, isCatchAll }: Route): string =>
  path.replaceAll(/\{(\w+)\}/g, ':$1').replace(/:(\w+)$/, isCatchAll ? ':$1{.+}' : ':$1');

const requestOf = (c: Context<Env>): HttpRequest => new FetchRequest(c.req.raw, c.env.requestId);
