import { OpenAPIHono } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Logger } from 'pino';
import type { Shared } from '../context.ts';
import { DomainError } from '../errors.ts';
import { type HttpResponse, toResponse } from '../http/response.ts';
import { preview } from '../lib/problems.ts';
import type { ApiDocument } from './docs-page.ts';
import { createRequestHandler, type HttpRequestView } from './handle-request.ts';
import { describeApi, information, securitySchemes } from './openapi.ts';
import type { Route } from './route.ts';
import { routes as allRoutes } from './routes.ts';

export interface Router {
  /** Answers everything but GraphQL. */
  fetch(request: Request): Promise<Response>;
  /**
   * How to answer a POST to this path without the Fetch standard's objects, which cost more than to store an event;
   * undefined when it must take the usual way.
   */
  direct(pathname: string): FastRoute | undefined;
}

export interface FastRoute {
  readonly isStream: boolean;
  answer(inquiry: HttpRequestView): Promise<HttpResponse>;
}

export const createRouter = (shared: Shared, log: Logger, routes: readonly Route[] = allRoutes): Router => {
  const app = new OpenAPIHono({ strict: false });
  const document = (): ApiDocument => app.getOpenAPI31Document(information(shared.server.version));
  const { answer, refuse } = createRequestHandler(shared, log, document);

  const answered = async (route: Route, c: Context): Promise<Response> => {
    const told = await answer(route, inquiryOf(c));
    return told instanceof Response ? told : toResponse(told);
  };
  const refused = (error: unknown, c: Context): Response => toResponse(refuse(error, inquiryOf(c)));

  /** The refusal of a method that none of the routes of a path has. */
  const wrongMethod = (ofPath: readonly Route[], c: Context): Response => {
    const allow = ofPath.map(({ method }) => (method === 'GET' ? 'GET, HEAD' : method)).join(', ');
    const fault = new DomainError('METHOD_NOT_ALLOWED', `${preview(c.req.path)} answers ${allow} only`);
    const response = refused(fault, c);
    response.headers.set('allow', allow);
    return response;
  };

  for (const { name, scheme } of securitySchemes)
    app.openAPIRegistry.registerComponent('securitySchemes', name, scheme);
  for (const route of routes) {
    const operation = describeApi(route);
    const path = operation.getRoutingPath().replace(/:(\w+)$/, route.takesRest ? ':$1{.+}' : ':$1');
    app.openAPIRegistry.registerPath(operation);
    // Hono answers HEAD by GET, too.
    app.on(route.method, path, (c) => answered(route, c));
    const ofPath = routes.filter((other) => other.path === route.path);
    if (route === ofPath.at(-1)) app.all(path, (c) => wrongMethod(ofPath, c));
  }
  app.notFound((c) => refused(new DomainError('NOT_FOUND', `there is no ${preview(c.req.path)}; see /docs`), c));
  app.onError((error, c) => refused(error, c));

  const direct = new Map(
    routes
      .filter(({ fastPath: isDirect }) => isDirect)
      .map((route): [string, FastRoute] => [
        route.path,
        {
          isStream: route.body?.isStream === true,
          answer: (inquiry) => answer(route, inquiry) as Promise<HttpResponse>,
        },
      ]),
  );
  return {
    fetch: async (request) => app.fetch(request),
    direct: (pathname) => direct.get(pathname),
  };
};

const inquiryOf = (c: Context): HttpRequestView => {
  const request = c.req.raw;
  const { headers } = request;
  const address = new URL(request.url);
  return {
    address,
    origin: address.origin,
    header: (name) => headers.get(name) ?? undefined,
    body: {
      contentType: headers.get('content-type') ?? undefined,
      contentLength: headers.get('content-length') ?? undefined,
      // A request makes its body when it is first asked for it.
      chunks: () => request.body,
    },
  };
};
